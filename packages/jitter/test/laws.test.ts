import type { Delay } from '@steadfetch/backoff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decorrelatedJitter, equalJitter, fullJitter, proportionalJitter } from '../src/index.ts';

const MAX_TIMER = 2_147_483_647;
const ms = fc.oneof(fc.double({ min: 0, max: MAX_TIMER, noNaN: true }), fc.constantFrom(0, 250, MAX_TIMER));
const anything = fc.oneof(
  fc.double(),
  fc.constantFrom(NaN, -1, 1, 2, Infinity, -Infinity, '0.5' as never, undefined as never),
);
const attempt = { attempt: 3, previousDelay: 500 };
const fixed =
  (value: number): Delay =>
  () =>
    value;

describe('jitter', () => {
  it('keeps full jitter from 0 to its delay, whatever random returns', () => {
    fc.assert(
      fc.property(ms, anything, (value, chance) => {
        const waited = fullJitter(fixed(value), () => chance)(attempt);

        expect(waited).toBeGreaterThanOrEqual(0);
        expect(waited).toBeLessThanOrEqual(value);
      }),
    );
  });

  it('keeps equal jitter from half of its delay to all of it, whatever random returns', () => {
    fc.assert(
      fc.property(ms, anything, (value, chance) => {
        const waited = equalJitter(fixed(value), () => chance)(attempt);

        expect(waited).toBeGreaterThanOrEqual(value / 2);
        expect(waited).toBeLessThanOrEqual(value);
      }),
    );
  });

  it('keeps proportional jitter within its spread and the longest delay of a timer, whatever random returns', () => {
    fc.assert(
      fc.property(ms, fc.double({ min: 0, max: 1, noNaN: true }), anything, (value, spread, chance) => {
        const waited = proportionalJitter(fixed(value), { spread }, () => chance)(attempt);

        expect(waited).toBeGreaterThanOrEqual(value * (1 - spread));
        expect(waited).toBeLessThanOrEqual(Math.min(value * (1 + spread), MAX_TIMER));
      }),
      { examples: [[3.4032622197812896e-308, 0.8107318729162348, Number.NaN]] },
    );
  });

  it('keeps decorrelated jitter from its base to its cap, whatever chance and the delay before are', () => {
    fc.assert(
      fc.property(ms, ms, anything, fc.double(), (base, cap, chance, previousDelay) => {
        const waited = decorrelatedJitter({ base, cap }, () => chance)({ attempt: 2, previousDelay });

        expect(waited).toBeGreaterThanOrEqual(Math.min(base, cap));
        expect(waited).toBeLessThanOrEqual(cap);
      }),
    );
  });

  it('makes a delay that a timer holds of any number that a delay function returns, and refuses anything else', () => {
    fc.assert(
      fc.property(anything, anything, (value, chance) => {
        const random = () => chance;
        const jittered = [fullJitter, equalJitter].map((jitter) => jitter(fixed(value), random));

        for (const delay of [...jittered, proportionalJitter(fixed(value), { spread: 1 }, random)]) {
          if (typeof value !== 'number' || Number.isNaN(value)) {
            expect(() => delay(attempt)).toThrow(/^\w+Jitter: delay: expected it to return milliseconds, got /);
            continue;
          }
          expect(delay(attempt)).toBeGreaterThanOrEqual(0);
          expect(delay(attempt)).toBeLessThanOrEqual(MAX_TIMER);
        }
      }),
    );
  });
});
