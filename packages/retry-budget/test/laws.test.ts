import { instantClock, manualClock, seededRandom } from '@steadfetch/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RetryKind, type RetryPermit, retryBudget } from '../src/index.ts';

const KEY = 'https://api.example.com';

/** Retries whose prices add up to a little less than the exact sum, by rounding. */
const SUM_OF_TENTHS: RetryKind[] = 'tfffftttt'.split('').map((letter) => (letter === 't' ? 'throttled' : 'transient'));

describe('retryBudget', () => {
  it('grants an outage no more than the reserve of its first 350 ms, and the tokens that come back with time', async () => {
    const scenario = fc.record({
      // retries of earlier trouble that were sent and had no outcome
      lost: fc.nat(1_000),
      kind: fc.constantFrom<RetryKind>('transient', 'throttled'),
      successes: fc.nat(20_000),
      failingCalls: fc.integer({ min: 1, max: 3_000 }),
      every: fc.nat(100),
      retries: fc.nat(5),
    });

    await fc.assert(
      fc.asyncProperty(scenario, async ({ lost, kind, successes, failingCalls, every, retries }) => {
        const clock = manualClock();
        const budget = retryBudget({ clock });
        for (let n = 0; n < lost; n++) {
          budget.record(KEY, 'failure', 1);
          budget.acquire(KEY, kind);
        }
        await clock.advance(5_000);
        for (let n = 0; n < successes; n++) budget.record(KEY, 'success');
        let granted = 0;
        for (let n = 0; n < failingCalls; n++) {
          for (let attempt = 1; attempt <= retries + 1; attempt++) {
            budget.record(KEY, 'failure', attempt, retries);
            if (attempt > retries || !budget.acquire(KEY, 'transient')) break;
            granted++;
          }
          await clock.advance(every);
        }

        const seconds = (failingCalls * every) / 1_000;
        const young = Math.min(failingCalls, every === 0 ? failingCalls : Math.ceil(350 / every));
        expect(granted).toBeLessThanOrEqual(20 + (0.5 + Math.max(2, retries)) * young + 0.2 * seconds + 1);
      }),
      { numRuns: import.meta.env.MODE === 'search' ? 40 : 10 },
    );
  });

  it('never refuses while up to half of the attempts fail independently', () => {
    const scenario = fc.record({ seed: fc.integer(), failRate: fc.double({ min: 0, max: 0.5, noNaN: true }) });

    fc.assert(
      fc.property(scenario, ({ seed, failRate }) => {
        const random = seededRandom(seed);
        const clock = instantClock();
        const budget = retryBudget({ clock });
        let refused = 0;
        for (let call = 0; call < 2_000; call++) {
          clock.advance(20);
          for (let attempt = 1; attempt <= 3; attempt++) {
            const failed = random() < failRate;
            budget.record(KEY, failed ? 'failure' : 'success', attempt);
            const permit = failed && attempt < 3 && budget.acquire(KEY, 'transient');
            if (failed && attempt < 3 && !permit) refused++;
            if (!permit) break;
          }
        }

        expect(refused).toBeLessThanOrEqual(20);
      }),
      { numRuns: 50 },
    );
  });

  it('is unchanged after every permit was released, even several times', () => {
    const scenario = fc.record({
      before: fc.array(fc.constantFrom('success' as const, 'failure' as const), { maxLength: 60 }),
      kinds: fc.array(fc.constantFrom<RetryKind>('transient', 'throttled'), { maxLength: 60 }),
      releases: fc.integer({ min: 1, max: 3 }),
    });

    fc.assert(
      fc.property(scenario, ({ before, kinds, releases }) => {
        const make = () => {
          const budget = retryBudget({ clock: manualClock() });
          for (const outcome of before) budget.record(KEY, outcome);
          return budget;
        };
        const used = make();
        const permits = kinds
          .map((kind) => used.acquire(KEY, kind))
          .filter((permit): permit is RetryPermit => permit !== undefined);
        for (const permit of permits) for (let n = 0; n < releases; n++) permit.release();

        expect(drain(used)).toBe(drain(make()));
      }),
      { examples: [[{ before: Array(4).fill('failure'), kinds: SUM_OF_TENTHS, releases: 1 }]] },
    );
  });

  it('never refuses after enough successes, whatever happened before and however the clock jumped', () => {
    const step = fc.record({ outcome: fc.constantFrom('success' as const, 'failure' as const), now: fc.integer() });

    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let now = 0;
        const budget = retryBudget({ clock: { now: () => now, sleep: async () => {} } });
        for (const { outcome, now: at } of steps) {
          now = at;
          budget.record(KEY, outcome);
        }
        for (let n = 0; n < 100; n++) budget.record(KEY, 'success');

        expect(budget.acquire(KEY, 'transient')).toBeDefined();
      }),
    );
  });
});

function drain(budget: ReturnType<typeof retryBudget>): number {
  let permits = 0;
  while (budget.acquire(KEY, 'transient')) permits++;
  return permits;
}
