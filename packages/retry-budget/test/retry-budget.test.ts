import { instantClock, type ManualClock, manualClock, seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { defaultBudget, type RetryBudget, type RetryKind, retryBudget, type TokenBudget } from '../src/index.ts';

const KEY = 'https://api.example.com';

/** One call that fails `failures` times, then succeeds; true when it got every retry it needed. */
function call(budget: RetryBudget, failures: number, { retries = 2, key = KEY } = {}): boolean {
  for (let attempt = 1; attempt <= failures; attempt++) {
    budget.record(key, 'failure', attempt);
    if (attempt > retries || !budget.acquire(key, 'transient')) return false;
  }
  budget.record(key, 'success', failures + 1);
  return true;
}

function succeed(budget: RetryBudget, times: number, key = KEY): void {
  for (let n = 0; n < times; n++) budget.record(key, 'success', 1);
}

/** Retries granted to calls of which every attempt fails. */
function failingCalls(
  budget: RetryBudget,
  calls: number,
  { retries = 2, kind = 'transient' as RetryKind } = {},
): number {
  let granted = 0;
  for (let n = 0; n < calls; n++) {
    for (let attempt = 1; attempt <= retries + 1; attempt++) {
      budget.record(KEY, 'failure', attempt, retries);
      if (attempt > retries || !budget.acquire(KEY, kind)) break;
      granted++;
    }
  }
  return granted;
}

/** Retries granted where calls fail evenly, and so many are sent for each that fails. */
async function outage(
  budget: RetryBudget,
  clock: ManualClock,
  { perSecond, seconds, sent = 0 }: { perSecond: number; seconds: number; sent?: number },
): Promise<number> {
  let granted = 0;
  let begun = 0;
  for (let n = 0; n < perSecond * seconds; n++) {
    for (; begun < sent * (n + 1); begun++) budget.begin!(KEY);
    granted += failingCalls(budget, 1);
    await clock.advance(1_000 / perSecond);
  }
  return granted;
}

/** Calls that all succeed, for ten seconds. */
async function calm(budget: RetryBudget, clock: ManualClock, perSecond: number): Promise<void> {
  for (let second = 0; second < 10; second++) {
    succeed(budget, perSecond);
    await clock.advance(1_000);
  }
}

/** A budget that has nothing left: trouble has lasted for longer than is ridden out. */
async function spent(clock: ManualClock): Promise<TokenBudget> {
  const budget = retryBudget({ clock });
  await outage(budget, clock, { perSecond: 100, seconds: 2 });
  return budget;
}

describe('while answers are not there yet', () => {
  /** A budget for a server that is called often, which has nothing on top of its reserve. */
  const used = async (clock: ManualClock) => {
    const budget = retryBudget({ clock });
    await calm(budget, clock, 100);
    return budget;
  };

  it('every retry is granted where more calls are under way than have failed', async () => {
    const clock = manualClock();
    expect(await outage(await used(clock), clock, { perSecond: 10, seconds: 10, sent: 3 })).toBe(200);
  });

  it('but for no longer than thirty seconds', async () => {
    const clock = manualClock();
    expect(await outage(await used(clock), clock, { perSecond: 10, seconds: 300, sent: 3 })).toBeLessThan(700);
  });

  it('few are granted where more have failed', async () => {
    const clock = manualClock();
    expect(await outage(await used(clock), clock, { perSecond: 10, seconds: 10, sent: 1.8 })).toBeLessThan(30);
  });

  it('calls that have succeeded count no longer', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock, deposit: 0, credit: 6 }); // else the successes pay for everything
    budget.record(KEY, 'failure', 1);
    for (let n = 0; n < 100; n++) budget.begin!(KEY);
    succeed(budget, 100);
    await clock.advance(400);
    expect(failingCalls(budget, 50)).toBeLessThan(30);
  });

  it('a retry that succeeds does not count its call again', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock, deposit: 0, credit: 6 });
    budget.record(KEY, 'failure', 1);
    for (let n = 0; n < 10; n++) budget.begin!(KEY);
    for (let n = 0; n < 8; n++) {
      budget.acquire(KEY, 'transient');
      budget.record(KEY, 'success', 2);
    }
    await clock.advance(400);
    expect(failingCalls(budget, 5)).toBeGreaterThan(3);
  });

  it('calls that were sent before anything failed do not count', async () => {
    const clock = manualClock();
    const budget = await used(clock);
    for (let n = 0; n < 1_000; n++) budget.begin!(KEY);
    expect(await outage(budget, clock, { perSecond: 10, seconds: 10 })).toBeLessThan(30);
  });

  it('nothing changes where the reserve does not grow', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock, rideOut: 0, perSecond: 0 });
    expect(await outage(budget, clock, { perSecond: 10, seconds: 10, sent: 3 })).toBeLessThan(21);
  });
});

describe('retryBudget', () => {
  it('lets a script of five calls have all its retries from a server that is down', () => {
    expect(failingCalls(retryBudget({ clock: manualClock() }), 5)).toBe(10);
    expect(failingCalls(retryBudget({ clock: manualClock() }), 5, { retries: 3 })).toBe(15);
  });

  it('lets a client with one call per minute always retry', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });

    for (let minute = 0; minute < 60; minute++) {
      expect(failingCalls(budget, 1, { retries: 3 })).toBe(3);
      await clock.advance(60_000);
    }
  });

  it('does not stand in the way of every fourth attempt failing', () => {
    const clock = instantClock();
    const budget = retryBudget({ clock });

    for (let n = 0; n < 10_000; n++) {
      expect(call(budget, n % 3 === 0 ? 1 : 0)).toBe(true);
      clock.advance(20);
    }
  });

  it('refuses at once when it is spent', async () => {
    const budget = await spent(manualClock());

    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
    expect(budget.acquire(KEY, 'throttled')).toBeUndefined();
  });

  it('lets every call of a page have five retries where it may make as many, and hardly more', () => {
    expect(failingCalls(retryBudget({ clock: manualClock() }), 60, { retries: 5 })).toBe(300);
    expect(failingCalls(retryBudget({ clock: manualClock() }), 60, { retries: 1_000 })).toBeLessThan(400);
  });

  it('lets every call of a page have its retries when all of them fail, again ten seconds later', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });

    for (let page = 0; page < 20; page++) {
      expect(failingCalls(budget, 60)).toBe(120);
      await clock.advance(10_000);
    }
  });

  it.each([8, 50, 300, 800])(
    'grants an outage of ten seconds at %i calls a second less than a tenth more',
    async (perSecond) => {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      await calm(budget, clock, perSecond);

      const granted = await outage(budget, clock, { perSecond, seconds: 10 });

      expect(granted).toBeLessThanOrEqual(perSecond);
      expect(granted).toBeGreaterThanOrEqual(perSecond / 2);
    },
  );

  it('does not notice a job of which every first attempt fails and every second succeeds', () => {
    const clock = instantClock();
    const budget = retryBudget({ clock });

    for (let n = 0; n < 10_000; n++) {
      expect(call(budget, 1)).toBe(true);
      clock.advance(20);
    }
  });

  it('does not run dry of it where one call in fifty fails twice', () => {
    const clock = instantClock();
    const budget = retryBudget({ clock });

    for (let n = 0; n < 10_000; n++) {
      expect(call(budget, n % 50 === 0 ? 2 : 1)).toBe(true);
      clock.advance(20);
    }
  });

  it('grants calls that fail together as many retries as calls that fail one by one', () => {
    for (const options of [{}, { rideOut: 0, floor: 10, credit: 10 }]) {
      const oneByOne = failingCalls(retryBudget({ clock: manualClock(), ...options }), 100);
      const together = retryBudget({ clock: manualClock(), ...options });
      let granted = 0;
      let open = 100;
      for (let attempt = 1; attempt <= 2; attempt++) {
        const before = granted;
        for (let n = 0; n < open; n++) {
          together.record(KEY, 'failure', attempt);
          if (together.acquire(KEY, 'transient')) granted++;
        }
        open = granted - before;
      }

      expect(Math.abs(granted - oneByOne)).toBeLessThanOrEqual(1);
      if ('floor' in options) expect(granted).toBeLessThanOrEqual(10);
    }
  });

  it('rides out trouble of a third of a second at any pace, and no longer trouble', async () => {
    const clock = manualClock();
    const short = retryBudget({ clock });
    await calm(short, clock, 100);
    expect(await outage(short, clock, { perSecond: 100, seconds: 0.3 })).toBe(60);

    const long = retryBudget({ clock });
    await calm(long, clock, 100);
    expect(await outage(long, clock, { perSecond: 100, seconds: 3 })).toBeLessThan(100);
  });

  it('is back after half a second of successes', async () => {
    const clock = manualClock();
    const budget = await spent(clock);

    succeed(budget, 50);

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
  });

  it('is not opened by one success, where much was called', async () => {
    const clock = manualClock();
    const budget = await spent(clock);

    succeed(budget, 1);

    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
  });

  it('forgets trouble after five seconds without a failure, however much was spent', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });
    await outage(budget, clock, { perSecond: 800, seconds: 10 });

    await clock.advance(4_000);
    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
    await clock.advance(1_000);

    expect(failingCalls(budget, 60)).toBe(120);
  });

  describe('where a page meets a window', () => {
    /** 300 calls at once, of which the server accepts 100 each ten seconds, and says so. Returns how many retries it refuses. */
    async function page(budget: RetryBudget, clock: ManualClock): Promise<number> {
      let refused = 0;
      const refusals = async (calls: number, attempt: number, every: number) => {
        for (let n = 0; n < calls; n++) {
          await clock.advance(every);
          budget.record(KEY, 'failure', attempt);
          if (!budget.acquire(KEY, 'throttled')) refused++;
        }
      };
      succeed(budget, 100);
      await refusals(200, 1, 0);
      await clock.advance(10_000);
      for (let n = 0; n < 100; n++) budget.record(KEY, 'success', 2);
      await refusals(100, 2, 10);
      await clock.advance(10_000);
      for (let n = 0; n < 100; n++) budget.record(KEY, 'success', 3);
      return refused;
    }

    it('lets every call have its retries, although the trouble is forgotten while they wait', async () => {
      const clock = manualClock();
      const budget = retryBudget({ clock });

      for (let pages = 0; pages < 5; pages++) expect(await page(budget, clock)).toBe(0);
    });

    it('charges a retry once, also where its trouble is over when it fails', async () => {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      budget.record(KEY, 'failure', 1);
      budget.acquire(KEY, 'throttled');
      await clock.advance(10_000);

      budget.record(KEY, 'failure', 2);

      expect(budget.snapshot()[KEY]).toMatchObject({ state: 'ready', reserve: 20, left: 20 });
    });

    it('remembers none of a page whose waits are aborted', async () => {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      const permits = [];
      for (let n = 0; n < 200; n++) {
        budget.record(KEY, 'failure', 1);
        permits.push(budget.acquire(KEY, 'throttled'));
      }
      await clock.advance(6_000);
      failingCalls(budget, 1);
      for (const permit of permits) permit!.release();
      await clock.advance(6_000);

      expect(await outage(budget, clock, { perSecond: 100, seconds: 10 })).toBeLessThanOrEqual(100);
    });

    it.each(['transient', 'throttled'] as const)('forgets %s retries that were sent and aborted', async (kind) => {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      for (let n = 0; n < 300; n++) {
        budget.record(KEY, 'failure', 1);
        budget.acquire(KEY, kind);
      }
      await clock.advance(6_000);

      expect(await outage(budget, clock, { perSecond: 100, seconds: 10 })).toBeLessThanOrEqual(100);
    });
  });

  describe('where bursts of calls meet one instance of four that fails slowly', () => {
    const BURSTS = 10;

    /** 60 or 200 calls at once, again and again. Returns how many retries the budget refuses, also when they were held. */
    async function bursts(kind: RetryKind, [calls, every, ms, wait]: readonly number[]): Promise<number> {
      const clock = manualClock();
      const random = seededRandom(1);
      const budget = retryBudget({ clock });
      let refused = 0;
      const attempt = async (n: number): Promise<void> => {
        if (random() >= 0.25) return budget.record(KEY, 'success', n);
        await clock.sleep(ms!);
        budget.record(KEY, 'failure', n);
        if (n > 2) return;
        const isPermitted = budget.acquire(KEY, kind);
        await clock.sleep(wait! * (1 + 0.2 * random()));
        if (!isPermitted && !budget.acquire(KEY, 'held')) return void refused++;
        await attempt(n + 1);
      };
      for (let burst = 0; burst < BURSTS; burst++) {
        for (let call = 0; call < calls!; call++) void attempt(1);
        await clock.advance(every!);
      }
      await clock.advance(60_000);
      return refused;
    }

    it.each([
      ['transient', [200, 3_000, 2_000, 200]],
      ['transient', [200, 10_000, 6_000, 200]],
      ['throttled', [60, 3_000, 600, 2_000]],
      ['throttled', [60, 10_000, 2_000, 2_000]],
    ] as const)('lets all but one call in five hundred have its retries: %s, %j', async (kind, numbers) => {
      expect(await bursts(kind, numbers)).toBeLessThanOrEqual((BURSTS * numbers[0]) / 500);
    });
  });

  it('asks less for a retry that the server invited', () => {
    const options = { rideOut: 0 };
    const transient = failingCalls(retryBudget({ clock: manualClock(), ...options }), 100);
    const throttled = failingCalls(retryBudget({ clock: manualClock(), ...options }), 100, { kind: 'throttled' });

    expect(throttled).toBeGreaterThan(transient * 1.2);
  });

  it('takes a token back once', () => {
    const budget = retryBudget({ clock: manualClock(), credit: 6 });
    const permits = [];
    for (let permit = budget.acquire(KEY, 'transient'); permit; permit = budget.acquire(KEY, 'transient'))
      permits.push(permit);

    permits[0]?.release();
    permits[0]?.release();

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
  });

  it('charges callers that do not say which attempt it was as much as those that do', async () => {
    const clock = manualClock();
    const inner = retryBudget({ clock });
    const wrapped: RetryBudget = {
      acquire: (key, kind) => inner.acquire(key, kind),
      record: (key, outcome) => inner.record(key, outcome),
    };
    const told = retryBudget({ clock });

    expect(await outage(wrapped, clock, { perSecond: 50, seconds: 2 })).toBe(
      await outage(told, clock, { perSecond: 50, seconds: 2 }),
    );
  });

  it('keeps servers apart', async () => {
    const budget = await spent(manualClock());

    expect(budget.acquire('https://other.example.com', 'transient')).toBeDefined();
  });

  it('forgets the server that was used least recently', () => {
    const budget = retryBudget({ clock: manualClock(), maxKeys: 2 });
    failingCalls(budget, 100);

    budget.record('https://a.example.com', 'success');
    budget.record('https://b.example.com', 'success');

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
  });

  it('is not disturbed by a clock that is set back', async () => {
    let now = 1_000_000;
    const budget = retryBudget({ rideOut: 0, clock: { now: () => now, sleep: async () => {} } });
    failingCalls(budget, 100);

    now = 0;
    expect(failingCalls(budget, 1)).toBe(0);

    now = 60_000;
    expect(failingCalls(budget, 4)).toBe(8);
  });

  it('reads no clock while calls succeed', () => {
    let reads = 0;
    const now = () => {
      reads++;
      return 0;
    };
    const budget = retryBudget({ clock: { now, sleep: async () => {} } });
    budget.record(KEY, 'success');
    const before = reads;

    budget.begin!(KEY);
    succeed(budget, 1_000);

    expect(reads).toBe(before);
  });

  it('uses the clock of the machine when it is given none', () => {
    expect(failingCalls(retryBudget(), 5)).toBe(10);
  });

  describe('of the calls that were held', () => {
    /** A budget that failures have spent, for so many milliseconds. */
    const spent = async (outage: number) => {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      budget.record(KEY, 'failure', 1);
      for (let i = 0; i < 25; i++) {
        await clock.advance(outage / 25);
        budget.record(KEY, 'failure', 1);
      }
      const answer = (attempt: number) => budget.record(KEY, 'success', attempt);
      const fail = (attempt: number) => budget.record(KEY, 'failure', attempt);
      /** How many are allowed at once. */
      const allowed = () => {
        let count = 0;
        while (budget.acquire(KEY, 'held')) count++;
        return count;
      };
      return { budget, clock, answer, fail, allowed };
    };

    it('says that a retry may be allowed while something is left, or where answers have room for a held call', async () => {
      const { budget, answer, fail, allowed } = await spent(1_000);
      const spend = () => {
        while (budget.acquire(KEY, 'transient'));
        return budget.mayRetry?.(KEY);
      };
      const seen = [budget.mayRetry?.(KEY), spend()];
      answer(1);
      seen.push(spend());
      allowed();
      seen.push(budget.mayRetry?.(KEY));
      answer(1);
      seen.push(spend());
      for (let i = 0; i < 3; i++) fail(1); // one more than answers since the first new call
      seen.push(budget.mayRetry?.(KEY));
      fail(1);
      seen.push(budget.mayRetry?.(KEY));

      expect(seen).toEqual([true, false, true, false, true, true, false]);
    });

    it('says that the server is back when it has answered five new calls, until it fails', async () => {
      const { budget, answer, fail } = await spent(1_000);
      const seen = [budget.isBack?.(KEY)];

      for (let i = 0; i < 4; i++) answer(1);
      for (let i = 0; i < 4; i++) answer(2); // of retries, which say nothing of how often it is called
      seen.push(budget.isBack?.(KEY));
      answer(1);
      seen.push(budget.isBack?.(KEY));
      for (let i = 0; i < 6; i++) fail(1);
      seen.push(budget.isBack?.(KEY));

      expect(seen).toEqual([false, false, true, false]);
    });

    it.each([
      ['before it is under way for 200 ms', 10, 199, false],
      ['until it has failed as late as the one before', 300, 300, false],
      ['then', 10, 200, true],
      ['then, for longer than the one before', 300, 301, true],
      ['for ten seconds', 10, 9_999, true],
      ['no longer', 10, 10_000, false],
    ])('says that the server may be back while it is not known of a new call: %s', async (_, took, since, isBack) => {
      const { budget, clock } = await spent(1_000);
      budget.record(KEY, 'failure', 1, 2, took);
      const seen = [budget.isBack!(KEY)];
      budget.begin!(KEY);
      await clock.advance(since);
      seen.push(budget.isBack!(KEY));
      budget.record(KEY, 'failure', 1, 2, took);
      seen.push(budget.isBack!(KEY));

      expect(seen).toEqual([false, isBack, false]);
    });

    it.each([
      ['slow', 200, true],
      ['fast', 199, false],
    ])('says so also of the first seconds of %s answers', async (_, took, isBack) => {
      const { budget, clock, answer, fail } = await spent(1_000);
      fail(1);
      budget.begin!(KEY);
      await clock.advance(took);
      answer(1);
      budget.begin!(KEY);
      await clock.advance(1_000);

      expect(budget.isBack!(KEY)).toBe(isBack);
      await clock.advance(8_800);
      expect(budget.isBack!(KEY)).toBe(false);
    });

    it.each([
      ['slow', 200, 7_000, true],
      ['fast', 199, 7_000, false],
      ['slow', 2_000, 7_999, true],
      ['slow', 2_000, 8_000, false],
    ])(
      'says so of a first answer that was %s, until ten seconds after it was sent, whatever failed meanwhile',
      async (_, took, since, isBack) => {
        const { budget, clock } = await spent(1_000);
        await clock.advance(2_000);
        budget.record(KEY, 'failure', 1, 2, 2_500);
        budget.record(KEY, 'success', 1, 2, took);
        await clock.advance(since);

        expect(budget.isBack!(KEY)).toBe(isBack);
      },
    );

    it.each([
      ['none while such calls wait for their turn', 5, 1_999, 0],
      ['all when none has been refused its turn for two seconds', 5, 2_000, 40],
      ['none before a short outage is over for three times its length', 5, 1_049, 0, 350],
      ['all when it is over for so long', 5, 1_050, 40, 350],
      ['all before five new calls are answered', 4, 0, 40],
    ])('allows other retries: %s', async (_, answered, since, granted, outage = 1_000) => {
      const { budget, clock, answer } = await spent(outage);
      for (let i = 0; i < answered; i++) answer(1);
      for (let i = 0; i < 100; i++) answer(2); // all is paid
      for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();
      await clock.advance(since);

      expect(budget.mayRetry?.(KEY)).toBe(granted > 0);
      expect(failingCalls(budget, 20)).toBe(granted);
    });

    it('allows other retries thirty seconds after the first answer, also where nothing was called for an hour before it', async () => {
      const { budget, clock, answer } = await spent(3_600_000);
      const granted = async (since: number) => {
        await clock.advance(since);
        for (let i = 0; i < 100; i++) answer(1); // all is paid
        for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();
        return budget.mayRetry?.(KEY);
      };

      expect([await granted(0), await granted(29_999), await granted(1)]).toEqual([false, false, true]);
    });

    it('allows other retries as late as the longer of two outages says', async () => {
      const { budget, clock, answer, fail } = await spent(10_000);
      answer(1);
      for (let i = 0; i < 6; i++) {
        await clock.advance(100);
        fail(1);
      }
      for (let i = 0; i < 5; i++) answer(1);
      for (let i = 0; i < 100; i++) answer(2); // all is paid
      for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();
      await clock.advance(1_900);

      expect(budget.mayRetry?.(KEY)).toBe(false);
    });

    it('allows other retries at once after two failures that are far apart', async () => {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      for (let i = 0; i < 2; i++) {
        await clock.advance(60_000);
        budget.record(KEY, 'failure', 1);
      }
      succeed(budget, 5);

      expect(budget.acquire(KEY, 'held')).toBeUndefined();
      expect(budget.mayRetry?.(KEY)).toBe(true);
    });

    it('allows two for each call that a server answers again after it was down', async () => {
      const { answer, allowed } = await spent(350);

      expect(allowed()).toBe(0);
      answer(1);
      expect(allowed()).toBe(2);
      expect(allowed()).toBe(0);
      answer(1);
      expect(allowed()).toBe(2);
    });

    it.each([
      ['when it failed first', 1_000, 2],
      ['before', 1_001, 0],
    ])('allows them for an answer to a call that was sent %s', async (_, took, count) => {
      const { budget, clock, allowed } = await spent(500);
      await clock.advance(500);
      budget.record(KEY, 'success', 1, 2, took);

      expect(allowed()).toBe(count);
    });

    it('allows two also for each held call that is answered', async () => {
      const { answer, allowed } = await spent(50_000);

      for (let i = 0; i < 10; i++) answer(1);
      expect(allowed()).toBe(20);
      answer(2);
      answer(2);
      expect(allowed()).toBe(4);
    });

    it('allows none as soon as two more fail again than were answered, nor while the server answers now and then', async () => {
      const { clock, answer, fail, allowed } = await spent(1_000);

      answer(1);
      fail(1);
      fail(1);
      fail(1);
      expect(allowed()).toBe(0);
      await clock.advance(349);
      fail(1);
      answer(1);
      expect(allowed()).toBe(0);
    });

    it('counts anew after each outage', async () => {
      const { clock, answer, fail, allowed } = await spent(350);

      for (let i = 0; i < 5; i++) answer(1);
      expect(allowed()).toBe(10);
      fail(1);
      fail(1);
      await clock.advance(350);
      fail(1);
      answer(1);
      expect(allowed()).toBe(2);
    });

    it.each([
      ['by chance', 1],
      ['for good, and their retries with them', 2],
    ])('excuses a failure for each answer, and one more, since some fail %s', async (_, attempt) => {
      const { budget, answer, fail } = await spent(1_000);
      for (let i = 0; i < 4; i++) {
        answer(1);
        fail(attempt);
      }
      answer(1);
      const seen = [budget.isBack?.(KEY)];
      for (let i = 0; i < 3; i++) {
        fail(attempt);
        seen.push(budget.isBack?.(KEY));
      }

      expect(seen).toEqual([true, true, true, false]);
    });

    it('does not end as it begins where the first new call that is answered is followed by a call that fails for good', async () => {
      const { answer, fail, allowed } = await spent(1_000);
      answer(1);
      for (const attempt of [1, 2]) fail(attempt);

      expect(allowed()).toBe(2);
    });

    it('excuses no failure of a server that was not down', async () => {
      const { budget, answer, fail } = await spent(349);
      for (let i = 0; i < 5; i++) answer(1);
      expect(budget.isBack?.(KEY)).toBe(true);
      fail(1);

      expect(budget.isBack?.(KEY)).toBe(false);
    });

    it('ignores failures of requests that were sent before the server answered again', async () => {
      const { budget, answer, allowed } = await spent(1_000);
      answer(1);
      for (let i = 0; i < 10; i++) budget.record(KEY, 'failure', 1, 2, 1);

      expect(allowed()).toBe(2);
    });

    it('excuses a failure also for a retry that is answered, once a new call is', async () => {
      const { answer, fail, allowed } = await spent(1_000);
      answer(1);
      for (let i = 0; i < 4; i++) answer(2);
      for (let i = 0; i < 5; i++) fail(2);
      expect(allowed()).toBe(10);

      fail(2);
      expect(allowed()).toBe(0);
    });

    it('excuses at most five failures in a row, however many were answered', async () => {
      const { answer, fail, allowed } = await spent(1_000);
      for (let i = 0; i < 1_000; i++) answer(1);
      for (let i = 0; i < 5; i++) fail(1);
      expect(allowed()).toBe(2_000);

      for (let i = 0; i < 1_000; i++) answer(1);
      for (let i = 0; i < 6; i++) fail(1);

      expect(allowed()).toBe(0);
    });

    it('excuses a failure however long ago the outage was', async () => {
      const { clock, answer, fail, allowed } = await spent(1_000);
      for (let i = 0; i < 100; i++) answer(1);

      await clock.advance(60_000);
      fail(1);

      expect(allowed()).toBeGreaterThan(0);
    });

    it('counts an outage from its first failure, also where that one was excused', async () => {
      const { clock, answer, fail, allowed } = await spent(1_000);
      for (let i = 0; i < 100; i++) answer(1);
      await clock.advance(60_000);

      for (let i = 0; i < 9; i++) {
        await clock.advance(100);
        fail(1);
      }
      answer(1);

      expect(allowed()).toBe(2);
    });

    it.each([
      [4, 'bad luck', 'since many clients that make few calls each would keep a service full', 0],
      [5, 'another outage', 'however long they take', 2],
    ])('takes %i failures in a row after it for %s, %s', async (failures, _outage, _why, granted) => {
      const { clock, answer, fail, allowed } = await spent(1_000);
      answer(1);
      for (let i = 0; i < failures; i++) {
        await clock.advance(200);
        fail(1);
      }
      answer(1);

      expect(allowed()).toBe(granted);
    });

    it.each([
      ['goes on', 'a retry', 2, 2],
      ['is over', 'a new call', 1, 0],
    ])('%s where one fails after %s was answered', async (_, _what, attempt, granted) => {
      const { clock, answer, fail, allowed } = await spent(1_000);
      answer(attempt);
      await clock.advance(500);
      for (let i = 0; i < 3; i++) fail(2);
      await clock.advance(100);
      answer(1);

      expect(allowed()).toBe(granted);
    });

    it('excuses failures also where only retries are answered, as where the first attempt of every call fails', async () => {
      const { answer, fail, allowed } = await spent(1_000);
      answer(2);
      fail(1);
      fail(1);
      expect(allowed()).toBe(2);

      fail(1);
      expect(allowed()).toBe(0);
    });

    it('does not count an outage from an excused failure before the last answer', async () => {
      const { clock, answer, fail, allowed } = await spent(1_000);
      answer(1);
      fail(1);
      await clock.advance(500);
      answer(1);
      for (let i = 0; i < 7; i++) {
        await clock.advance(20);
        fail(1);
      }
      answer(1);

      expect(allowed()).toBe(0);
    });

    it('does not count an outage from a failure that was excused long before, as of one broken thing', async () => {
      const { clock, answer, fail, allowed } = await spent(1_000);
      for (let i = 0; i < 100; i++) answer(1);
      for (let i = 0; i < 3; i++) fail(1);
      await clock.advance(600_000);

      for (let i = 0; i < 9; i++) {
        await clock.advance(100);
        fail(1);
      }
      for (let i = 0; i < 5; i++) answer(1);

      expect(allowed()).toBe(10);
    });

    it('allows one when nothing has been answered or has failed for a second, and two for each that is answered', async () => {
      const { clock, answer, allowed } = await spent(0);

      await clock.advance(999);
      expect(allowed()).toBe(0);
      await clock.advance(1);
      expect(allowed()).toBe(1);
      answer(2);
      expect(allowed()).toBe(2);
      answer(2);
      expect(allowed()).toBe(2);
    });

    it('allows the next one a second after that one failed, or had no outcome', async () => {
      const { clock, fail, allowed } = await spent(0);

      await clock.advance(1_000);
      expect(allowed()).toBe(1);
      await clock.advance(900);
      fail(2);
      await clock.advance(999);
      expect(allowed()).toBe(0);
      await clock.advance(1);
      expect(allowed()).toBe(1);
      await clock.advance(1_000);
      expect(allowed()).toBe(1);
    });

    it.each([1, 100, 900])('allows one after 50 failures while all new calls fail, one each %i ms', async (ms) => {
      const { clock, fail, allowed } = await spent(1_000);
      let granted = 0;
      for (let i = 0; i < 1_000; i++) {
        await clock.advance(ms);
        fail(1);
        granted += allowed();
      }

      expect(granted).toBe(20);
    });

    it('allows nearly all again where the first attempt of every call fails, and its retry is answered', async () => {
      const { clock, answer, fail, allowed } = await spent(3_000);
      let granted = 0;
      for (let i = 0; i < 600; i++) {
        await clock.advance(100);
        fail(1);
        const now = Math.min(1, allowed());
        granted += now;
        if (now === 1) answer(2);
      }

      expect(granted).toBeGreaterThan(550);
    });

    it('allows one where the trouble was short, when nothing has failed for a second', async () => {
      const { clock, answer, allowed } = await spent(100);

      answer(1);
      expect(allowed()).toBe(0);
      await clock.advance(1_000);

      expect(allowed()).toBe(1);
    });

    it('ignores a failure of what was sent before the server answered again', async () => {
      const { budget, clock, answer, allowed } = await spent(1_000);

      answer(1);
      await clock.advance(1_000);
      budget.record(KEY, 'failure', 1, 2, 5_000);
      expect(allowed()).toBe(2);
      budget.record(KEY, 'failure', 1, 2, 500);
      expect(allowed()).toBe(0);
    });

    it('gives the one that finds out as long as the last attempt took', async () => {
      const { budget, clock, allowed } = await spent(1_000);

      budget.record(KEY, 'failure', 1, 2, 10_000);
      expect(allowed()).toBe(1);
      await clock.advance(9_999);
      expect(allowed()).toBe(0);
      await clock.advance(1);
      expect(allowed()).toBe(1);
    });
  });

  it.each(['x', 'toString', undefined, null])('refuses a kind of retry that it does not know: %s', (kind) => {
    const budget = retryBudget();

    expect(() => budget.acquire(KEY, kind as never)).toThrow(
      new TypeError(`retryBudget: kind: expected one of transient, throttled, held, got ${kind}`),
    );
    expect(budget.snapshot()).toEqual({});
  });

  it.each([
    [{ deposit: -1 }, RangeError, 'retryBudget: deposit: expected a number from 0 to 10, got -1'],
    [{ deposit: '1' }, TypeError, 'retryBudget: deposit: expected a number from 0 to 10, got "1"'],
    [{ floor: Number.NaN }, RangeError, 'retryBudget: floor: expected a number from 0 to 1000000, got NaN'],
    [{ floor: null }, TypeError, 'retryBudget: floor: expected a number from 0 to 1000000, got null'],
    [{ rideOut: -1 }, RangeError, 'retryBudget: rideOut: expected a number from 0 to 2147483647, got -1'],
    [{ share: 0.01 }, TypeError, "retryBudget: unknown option 'share'"],
    [{ perSecond: Infinity }, RangeError, 'retryBudget: perSecond: expected a number from 0 to 1000000, got Infinity'],
    [{ credit: 5 }, RangeError, 'retryBudget: credit: expected a number from 6 to 1000000, got 5'],
    [{ maxKeys: 0 }, RangeError, 'retryBudget: maxKeys: expected an integer from 1 to 1000000, got 0'],
    [{ maxKeys: 1.5 }, RangeError, 'retryBudget: maxKeys: expected an integer from 1 to 1000000, got 1.5'],
    [{ maxKeys: Infinity }, RangeError, 'retryBudget: maxKeys: expected an integer from 1 to 1000000, got Infinity'],
    [{ clock: {} }, TypeError, 'retryBudget: clock.now: expected a function, got undefined'],
    [{ clock: null }, TypeError, 'retryBudget: clock.now: expected a function, got undefined'],
    [{ ratio: 0.2 }, TypeError, "retryBudget: unknown option 'ratio'"],
  ])('refuses %j', (options, type, message) => {
    const build = () => retryBudget(options as never);

    expect(build).toThrow(type as never);
    expect(build).toThrow(message);
  });
});

describe('the snapshot of a budget', () => {
  it('is said per server, and why', async () => {
    const clock = manualClock();
    const budget = await spent(clock);
    succeed(budget, 1, 'https://a.example.com');
    budget.record('https://b.example.com', 'failure', 1);
    await clock.advance(100);

    const { [KEY]: down, 'https://a.example.com': well, 'https://b.example.com': shaky } = budget.snapshot();

    expect(down).toMatchObject({ state: 'spent', left: 0, failingFor: 2_100 });
    expect(down!.why).toContain('no retries until some succeed');
    expect(well).toMatchObject({ state: 'ready', failingFor: undefined });
    expect(well!.left).toBe(well!.reserve);
    expect(well!.left).toBeCloseTo(19.77);
    expect(shaky).toMatchObject({ state: 'trouble', reserve: 20, failingFor: 100 });
    expect(shaky!.left).toBeCloseTo(19.52);
  });

  it('is not changed by asking, and asking makes no key', async () => {
    const clocks = [manualClock(), manualClock()] as const;
    const [asked, left] = [await spent(clocks[0]), await spent(clocks[1])];
    expect(retryBudget().snapshot()).toEqual({});
    for (let n = 0; n < 100; n++) {
      asked.snapshot();
      for (const clock of clocks) await clock.advance(40);
    }

    succeed(asked, 20);
    succeed(left, 20);

    expect(asked.snapshot()).toEqual(left.snapshot());
    expect(Object.keys(asked.snapshot())).toEqual([KEY]);
  });

  it('is a copy', async () => {
    const budget = await spent(manualClock());

    (budget.snapshot()[KEY] as { left: number }).left = 100;

    expect(budget.snapshot()[KEY]!.left).toBe(0);
  });

  it('can be forgotten, for one server or for all', async () => {
    const budget = await spent(manualClock());
    budget.record('https://a.example.com', 'failure', 1);

    budget.reset('https://a.example.com');
    expect(Object.keys(budget.snapshot())).toEqual([KEY]);
    expect(budget.acquire(KEY, 'transient')).toBeUndefined();

    budget.reset();
    expect(budget.snapshot()).toEqual({});
    expect(failingCalls(budget, 5)).toBe(10);
  });
});

describe('defaultBudget', () => {
  it('grants what retryBudget() grants, and has nothing to look at', () => {
    const clock = instantClock();
    const [plain, full] = [defaultBudget(clock), retryBudget({ clock })];

    expect(failingCalls(plain, 100)).toBe(failingCalls(full, 100));
    expect(Object.keys(plain)).toEqual(['acquire', 'isBack', 'mayRetry', 'begin', 'record']);
    expect(Object.keys(defaultBudget())).toEqual(['acquire', 'isBack', 'mayRetry', 'begin', 'record']);
  });
});
