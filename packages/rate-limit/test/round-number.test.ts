import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundNumber } from '../src/round-number.ts';

describe('roundNumber', () => {
  it.each([
    [98.3, 101.9, 100],
    [16.8, 20, 20],
    [74.2, 76, 75],
    [0.98, 1.04, 1],
    [1.64, 1.68, 1.65],
    [496, 512, 500],
  ])('finds the roundest number from %d to %d', (low, high, round) => {
    expect(roundNumber(low, high)).toBeCloseTo(round, 6);
  });

  it('stays within its bounds', () => {
    const bounds = fc.tuple(
      fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
      fc.double({ min: 1e-5, max: 0.2, noNaN: true }),
    );

    fc.assert(
      fc.property(bounds, ([low, width]) => {
        const round = roundNumber(low, low * (1 + width));

        expect(round).toBeGreaterThanOrEqual(low * (1 - 1e-9));
        expect(round).toBeLessThanOrEqual(low * (1 + width) * (1 + 1e-9));
      }),
    );
  });

  it('gives the lower bound when the two are next to each other', () => {
    expect(roundNumber(Math.PI, Math.PI)).toBe(Math.PI);
  });
});
