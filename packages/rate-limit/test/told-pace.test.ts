import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Permit, Quota } from '../src/permit.ts';
import { ToldPace } from '../src/told-pace.ts';

const permit = (index: number, at: number): Permit => ({ index, at, epoch: 0, flight: 1 });
const quota = (remaining: number, rest: Partial<Quota> = {}): Quota => ({
  remaining,
  limit: 30,
  reset: 1_000,
  ...rest,
});

describe('ToldPace', () => {
  it('spends at once what is not kept back', () => {
    const pace = new ToldPace(quota(20), permit(0, 0), 1);

    expect(pace.wait(1, 0)).toBe(0);
    expect(pace.wait(1, 9)).toBe(0);
    expect(pace.wait(1, 10)).toBeGreaterThan(0);
  });

  it('spreads what is kept back over the time to the reset', () => {
    const pace = new ToldPace(quota(6), permit(0, 0), 0);

    expect(pace.wait(0, 0)).toBe(200);
    expect(pace.wait(200, 0)).toBe(0);
    pace.take();
    expect(pace.wait(200, 1)).toBeGreaterThan(0);
  });

  it('waits for the reset when it has nothing left to spread', () => {
    const pace = new ToldPace(quota(1), permit(0, 0), 0);

    expect(pace.wait(400, 0)).toBe(600);
  });

  it('takes the quota for whole after the reset', () => {
    const pace = new ToldPace(quota(1), permit(0, 0), 0);

    expect(pace.wait(1_000, 0)).toBe(0);
    expect(pace.wait(1_000, 25)).toBeGreaterThan(0);
  });

  it('goes on after the reset whatever is still in flight', () => {
    const pace = new ToldPace({ remaining: 3 }, permit(0, 0), 0);

    expect(pace.wait(1_500, 4)).toBeGreaterThan(0);
    expect(pace.wait(2_001, 4)).toBe(0);
  });

  it('follows the refill it sees', () => {
    const pace = new ToldPace(quota(10), permit(0, 0), 0);

    for (let i = 1; i <= 40; i++) pace.report(quota(10), permit(i, i * 10), i * 10 + 1);

    expect(pace.refill * 1_000).toBeGreaterThan(85);
    expect(pace.refill * 1_000).toBeLessThanOrEqual(100);
  });

  it('does not take a reset for a refill', () => {
    const pace = new ToldPace(quota(2), permit(0, 0), 0);

    pace.report(quota(29), permit(1, 10), 11);

    expect(pace.refill).toBe(0);
  });

  it('learns at least so much from a quota that is full again', () => {
    const pace = new ToldPace(quota(2, { limit: 5 }), permit(0, 0), 0);

    pace.report(quota(4, { limit: 5 }), permit(1, 200), 201);
    expect(pace.refill).toBeCloseTo(2 / 200);
    pace.report(quota(4, { limit: 5 }), permit(2, 900), 901);

    expect(pace.refill).toBeCloseTo(2 / 200);
  });

  it('keeps to the refill it saw when a quota that is full again shows less', () => {
    const pace = new ToldPace(quota(20), permit(0, 0), 0);
    for (let i = 1; i <= 40; i++) pace.report(quota(20), permit(i, i * 10), i * 10 + 1);
    const { refill } = pace;

    pace.report(quota(29), permit(41, 1_400), 1_401);

    expect(refill).toBeGreaterThan(0.085);
    expect(pace.refill).toBe(refill);
  });

  it('keeps nothing back of a quota of one or two', () => {
    const pace = new ToldPace(quota(2, { limit: 2 }), permit(0, 0), 0);

    expect(pace.wait(0, 1)).toBe(0);
    expect(pace.wait(0, 2)).toBe(1_000);
  });

  it('goes by the lower number when two of a burst swapped places', () => {
    const pace = new ToldPace(quota(20), permit(0, 0), 0);

    pace.report(quota(17), permit(2, 1), 2);
    pace.report(quota(16), permit(1, 1), 2);
    expect(pace.remaining).toBe(16);
    pace.report(quota(12), permit(9, 500), 501);
    pace.report(quota(3), permit(8, 100), 501);

    expect(pace.remaining).toBe(12);
  });

  it('never waits for ever, and never for less than a millisecond', () => {
    const numbers = fc.record({
      remaining: fc.nat(1_000),
      limit: fc.option(fc.nat(1_000), { nil: 30 }),
      reset: fc.option(fc.nat(100_000), { nil: 0 }),
    });

    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 20 }), fc.nat(200), ([first, ...rest], inFlight) => {
        const pace = new ToldPace(first!, permit(0, 0), 0);
        rest.forEach((said, i) => pace.report(said, permit(i + 1, i * 7), i * 7 + 3));
        const now = rest.length * 7;

        const wait = pace.wait(now, inFlight);

        expect(wait === 0 || (wait >= 1 && wait <= 101_000)).toBe(true);
        expect(pace.wait(now + 200_000, inFlight)).toBe(0);
      }),
    );
  });
});
