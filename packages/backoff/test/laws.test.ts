import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constant, exponential, fibonacci, linear } from '../src/index.ts';

const MAX_TIMER = 2_147_483_647;
const ms = fc.oneof(fc.double({ min: 0, max: MAX_TIMER, noNaN: true }), fc.constantFrom(0, -0, 1e-300, 250, MAX_TIMER));
const factor = fc.oneof(
  fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
  fc.double({ min: 0, max: 4, noNaN: true }),
);
const attempt = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.double(), fc.constantFrom(0, 10_000, NaN, Infinity, -1));
const capped = fc.oneof(
  fc.record({ base: ms, step: ms, cap: ms }).map((options) => ({ delay: linear(options), cap: options.cap })),
  fc.record({ base: ms, factor, cap: ms }).map((options) => ({ delay: exponential(options), cap: options.cap })),
  fc.record({ base: ms, cap: ms }).map((options) => ({ delay: fibonacci(options), cap: options.cap })),
  ms.map((value) => ({ delay: constant(value), cap: value })),
);

describe('a delay', () => {
  it('is never negative, above its cap or no number, whatever the attempt', () => {
    fc.assert(
      fc.property(capped, attempt, fc.double(), ({ delay, cap }, number, previousDelay) => {
        const waited = delay({ attempt: number, previousDelay });

        expect(waited).toBeGreaterThanOrEqual(0);
        expect(waited).toBeLessThanOrEqual(cap);
        expect(Object.is(waited, -0)).toBe(false);
      }),
    );
  });

  it('never shrinks from one attempt to the next unless its factor is below 1', () => {
    const growing = fc.oneof(
      fc.record({ base: ms, step: ms, cap: ms }).map(linear),
      fc.record({ base: ms, factor: fc.double({ min: 1, max: 1e9, noNaN: true }), cap: ms }).map(exponential),
      fc.record({ base: ms, cap: ms }).map(fibonacci),
    );

    fc.assert(
      fc.property(growing, fc.integer({ min: 1, max: 2_000 }), (delay, number) => {
        const [before, after] = [number, number + 1].map((n) => delay({ attempt: n, previousDelay: 0 }));

        expect(after).toBeGreaterThanOrEqual(before!);
      }),
    );
  });
});
