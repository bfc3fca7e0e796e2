import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimate } from '../../src/model/estimate.ts';
import { History } from '../../src/model/history.ts';

/** What a bucket accepts and refuses of two bursts and a stream. The first four answers take `firstTake` ms. */
function observed(rate: number, burst: number, firstTake = 10): History {
  const history = new History();
  let tokens = burst;
  let last = 0;
  let answers = 0;
  for (let now = 0, marks = 0; marks < 3 && now < 20_000; now++) {
    tokens = Math.min(burst, tokens + rate * (now - last));
    last = now;
    const sends = now < 1_000 ? now % 2 === 0 : now % Math.max(1, Math.floor(0.8 / rate)) === 0;
    if (!sends) continue;
    if (tokens >= 1) {
      tokens--;
      const took = answers++ < 4 ? firstTake : 10;
      history.accept(now + took, took);
    } else {
      history.mark(now + 10, burst);
      marks++;
      now += 1_000;
    }
  }
  return history;
}

describe('estimate', () => {
  it('finds the rate and the burst of a bucket', () => {
    const found = estimate(observed(0.1, 20), 0.5)!;
    expect(found.rate).toBeGreaterThan(0.095);
    expect(found.rate).toBeLessThan(0.105);
    expect(found.burst).toBe(20);
    expect(found.error).toBeLessThan(0.2);
  });

  it.each([80, 150, 300])('assumes less exact times if the first answers took %i ms', (firstTake) => {
    const { rate, error } = estimate(observed(0.1, 20, firstTake), 0.5)!;
    expect(rate).toBeCloseTo(0.1, 3);
    expect(error).toBeGreaterThan(0.02);
  });

  it('finds nothing in a history without two refusals', () => {
    const history = new History();
    expect(estimate(history, 1)).toBeUndefined();
    for (let now = 0; now < 100; now++) history.accept(now, 10);
    expect(estimate(history, 1)).toBeUndefined();
    history.mark(100, 1);
    expect(estimate(history, 1)).toBeUndefined();
  });

  it('does not explain a refusal by the pace that was refused', () => {
    expect(estimate(observed(0.1, 20), 0.09)).toBeUndefined();
  });

  it('finds the rate of any bucket within a tenth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 15 }), fc.integer({ min: 5, max: 60 }), (rate, burst) => {
        const found = estimate(observed(rate / 100, burst), 10);
        return found === undefined || Math.abs(found.rate / (rate / 100) - 1) < 0.1;
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});
