import { seededRandom } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import type { LimitPlan } from '../src/limits/limit.ts';
import { bucket, concurrency, fixedWindow, gcra, slidingCounter, slidingLog, unlimited } from '../src/limits/limits.ts';

/** How many are accepted of one request each so many milliseconds. */
function acceptedOf(plan: LimitPlan, every: number, until: number): number {
  const limit = plan.create(seededRandom(1));
  let accepted = 0;
  for (let at = 0; at < until; at += every) if (limit.decide(at).accepted) accepted++;
  return accepted;
}

describe('a limit', () => {
  it.each([
    ['bucket', bucket(100, 20)],
    ['fixed window', fixedWindow(60, 1_000)],
    ['sliding log', slidingLog(60, 1_000)],
    ['sliding counter', slidingCounter(100, 1_000)],
    ['gcra', gcra(80, 10)],
  ] as const)('of the kind %s accepts as much as it says it allows', (_, plan) => {
    const allowed = plan.create(seededRandom(1)).allowed(0, 10_000);

    expect(acceptedOf(plan, 1, 10_000)).toBeGreaterThan(0.98 * allowed);
    expect(acceptedOf(plan, 1, 10_000)).toBeLessThanOrEqual(allowed);
  });

  it.each([bucket(10, 5), fixedWindow(5, 1_000), slidingLog(5, 1_000), slidingCounter(5, 1_000), gcra(10, 5)])(
    'accepts one more after the wait that it tells',
    (plan) => {
      const limit = plan.create(seededRandom(3));
      let decision = limit.decide(0);
      while (decision.accepted) decision = limit.decide(0);

      expect(decision.remaining).toBe(0);
      expect(limit.decide(Math.floor(decision.wait) - 1).accepted).toBe(false);
      expect(limit.decide(Math.ceil(decision.wait) + 1).accepted).toBe(true);
    },
  );

  it('by concurrency accepts again what was released', () => {
    const limit = concurrency(2, 100).create(seededRandom(1));

    expect([limit.decide(0), limit.decide(0), limit.decide(0)].map(({ accepted }) => accepted)).toEqual([
      true,
      true,
      false,
    ]);
    limit.release!();
    expect(limit.decide(1).accepted).toBe(true);
    expect(limit.allowed(0, 1_000)).toBe(20);
  });

  it('may be none', () => {
    expect(acceptedOf(unlimited(), 1, 100)).toBe(100);
    expect(unlimited().create(seededRandom(1)).allowed(0, 1)).toBe(Infinity);
  });

  it('that changes allows what it did before and what it does after', () => {
    const plan = bucket(100, 20, { at: 5_000, by: 0.5 });

    expect(plan.create(seededRandom(1)).allowed(0, 10_000)).toBe(20 + 500 + 250);
    expect(acceptedOf(plan, 1, 10_000)).toBeGreaterThan(760);
  });
});
