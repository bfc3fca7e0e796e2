import { instantClock, type ManualClock, manualClock, seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { defaultBudget, type RetryBudget, type RetryKind, retryBudget, type TokenBudget } from '../src/index.ts';
import { failingCalls, KEY, succeed } from './support.ts';

/** One call that fails `failures` times, then succeeds; true when it got every retry it needed. */
function call(budget: RetryBudget, failures: number, { retries = 2, key = KEY } = {}): boolean {
  for (let attempt = 1; attempt <= failures; attempt++) {
    budget.record(key, 'failure', attempt);
    if (attempt > retries || !budget.acquire(key, 'transient')) return false;
  }
  budget.record(key, 'success', failures + 1);
  return true;
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
