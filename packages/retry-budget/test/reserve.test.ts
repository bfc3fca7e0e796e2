import { type ManualClock, manualClock, seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type RetryBudget, type RetryKind, retryBudget } from '../src/index.ts';
import { calm, failingCalls, KEY, outage, succeed } from './support.ts';

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

describe('where each thing is made when it is first asked for', () => {
  it('every retry is granted to calls of which the third attempt is answered, at any pace', async () => {
    for (const gap of [1_000, 100, 10]) {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      await calm(budget, clock, 100);
      for (let call = 0; call < 300; call++) {
        for (const attempt of [1, 2]) {
          budget.record(KEY, 'failure', attempt);
          expect(budget.acquire(KEY, 'transient')).toBeDefined();
        }
        budget.record(KEY, 'success', 3);
        await clock.advance(gap);
      }
    }
  });
});

it.each([Number.NaN, Infinity, 0, -1])(
  'an answer to the attempt %d closes no server off, and pays for no more than a few retries',
  (attempt) => {
    const clock = manualClock();
    const budget = retryBudget({ clock, credit: 6, rideOut: 0 });
    budget.record(KEY, 'success', attempt);
    const granted = failingCalls(budget, 50);
    expect(granted).toBeGreaterThan(2);
    expect(granted).toBeLessThan(20);
  },
);

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
      budget.record(KEY, 'failure', n, 2, ms);
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
