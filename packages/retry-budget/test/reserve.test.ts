import { type ManualClock, manualClock, seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type RetryBudget, type RetryKind, retryBudget } from '../src/index.ts';
import { calm, failingCalls, KEY, outage, succeed } from './support.ts';

describe('while most calls are unanswered', () => {
  /** A budget for a server that is called often: it has lost the extra tokens of a new one. */
  const used = async (clock: ManualClock) => {
    const budget = retryBudget({ clock });
    await calm(budget, clock, 100);
    return budget;
  };

  it('every retry is granted if more calls are in flight than have failed', async () => {
    const clock = manualClock();
    expect(await outage(await used(clock), clock, { perSecond: 10, seconds: 10, sent: 3 })).toBe(200);
  });

  it('every retry is granted for thirty seconds at most', async () => {
    const clock = manualClock();
    expect(await outage(await used(clock), clock, { perSecond: 10, seconds: 300, sent: 3 })).toBeLessThan(700);
  });

  it('few retries are granted if more calls have failed', async () => {
    const clock = manualClock();
    expect(await outage(await used(clock), clock, { perSecond: 10, seconds: 10, sent: 1.8 })).toBeLessThan(30);
  });

  it('calls that have succeeded are not in flight', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock, deposit: 0, credit: 6 }); // otherwise the successes would pay for everything
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

  it('no more retries are granted if the reserve does not grow', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock, rideOut: 0, perSecond: 0 });
    expect(await outage(budget, clock, { perSecond: 10, seconds: 10, sent: 3 })).toBeLessThan(21);
  });
});

describe('a server that fails the first two requests for each thing', () => {
  it('gets every retry if it answers the third, at any rate of calls', async () => {
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
  'an answer to attempt %d neither blocks retries nor pays for more than a few',
  (attempt) => {
    const clock = manualClock();
    const budget = retryBudget({ clock, credit: 6, rideOut: 0 });
    budget.record(KEY, 'success', attempt);
    const granted = failingCalls(budget, 50);
    expect(granted).toBeGreaterThan(2);
    expect(granted).toBeLessThan(20);
  },
);

describe('a page of calls at a server with a limit per window', () => {
  /** 300 calls at once. The server accepts 100 per ten seconds, and reports it. Returns how many retries the budget refuses. */
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

  it('gets every retry, although the budget forgets the trouble during the waits', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });

    for (let pages = 0; pages < 5; pages++) expect(await page(budget, clock)).toBe(0);
  });

  it('pays for a retry once, even if it fails after the trouble is over', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });
    budget.record(KEY, 'failure', 1);
    budget.acquire(KEY, 'throttled');
    await clock.advance(10_000);

    budget.record(KEY, 'failure', 2);

    expect(budget.snapshot()[KEY]).toMatchObject({ state: 'ready', reserve: 20, left: 20 });
  });

  it('leaves no tokens behind if its waits are aborted', async () => {
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

  it.each(['transient', 'throttled'] as const)(
    'leaves no tokens behind if its %s retries are sent and aborted',
    async (kind) => {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      for (let n = 0; n < 300; n++) {
        budget.record(KEY, 'failure', 1);
        budget.acquire(KEY, kind);
      }
      await clock.advance(6_000);

      expect(await outage(budget, clock, { perSecond: 100, seconds: 10 })).toBeLessThanOrEqual(100);
    },
  );
});

describe('bursts of calls at a server of which one instance in four fails slowly', () => {
  const BURSTS = 10;

  /** Several bursts of 60 or 200 calls. Returns how many retries the budget refuses, first and after a hold. */
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
  ] as const)('lose the retries of one call in five hundred at most: %s, %j', async (kind, numbers) => {
    expect(await bursts(kind, numbers)).toBeLessThanOrEqual((BURSTS * numbers[0]) / 500);
  });
});
