import { describe, expect, it } from 'vitest';
import { constant, type Delay, exponential, fibonacci, linear } from '../src/index.ts';
import { delaysAfter } from './delays-after.ts';

describe('constant', () => {
  it('waits the same after every attempt', () => {
    expect(delaysAfter(constant(700), 3)).toEqual([700, 700, 700]);
  });

  it('waits 250 ms when no delay is given', () => {
    expect(delaysAfter(constant(), 2)).toEqual([250, 250]);
  });
});

describe('linear', () => {
  it('adds the step after each attempt', () => {
    expect(delaysAfter(linear({ base: 100, step: 50 }), 4)).toEqual([100, 150, 200, 250]);
  });

  it('steps by the base when no step is given', () => {
    expect(delaysAfter(linear({ base: 1_000 }), 3)).toEqual([1_000, 2_000, 3_000]);
    expect(delaysAfter(linear(), 3)).toEqual([250, 500, 750]);
  });

  it('stops at the cap', () => {
    expect(delaysAfter(linear({ base: 100, step: 100, cap: 250 }), 4)).toEqual([100, 200, 250, 250]);
    expect(linear()({ attempt: 10_000, previousDelay: 0 })).toBe(20_000);
  });

  it('stays at the base when the step is 0', () => {
    expect(delaysAfter(linear({ base: 100, step: 0 }), 3)).toEqual([100, 100, 100]);
    expect(linear({ base: 100, step: 0 })({ attempt: Infinity, previousDelay: 0 })).toBe(100);
  });
});

describe('exponential', () => {
  it('doubles from 250 ms up to 20 s by default', () => {
    expect(delaysAfter(exponential(), 8)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000]);
  });

  it('takes each option alone', () => {
    expect(delaysAfter(exponential({ base: 100 }), 3)).toEqual([100, 200, 400]);
    expect(delaysAfter(exponential({ factor: 3 }), 3)).toEqual([250, 750, 2_250]);
    expect(delaysAfter(exponential({ cap: 400 }), 3)).toEqual([250, 400, 400]);
  });

  it('never exceeds a cap below the base', () => {
    expect(delaysAfter(exponential({ base: 500, cap: 100 }), 2)).toEqual([100, 100]);
  });

  it('shrinks when the factor is below 1', () => {
    expect(delaysAfter(exponential({ base: 800, factor: 0.5 }), 4)).toEqual([800, 400, 200, 100]);
  });

  it('stays at the cap however many attempts there were', () => {
    expect(exponential()({ attempt: 10_000, previousDelay: 0 })).toBe(20_000);
    expect(exponential({ factor: 1e300 })({ attempt: 10_000, previousDelay: 0 })).toBe(20_000);
    expect(exponential()({ attempt: Infinity, previousDelay: 0 })).toBe(20_000);
  });

  it('stays at the base when the factor is 1', () => {
    expect(delaysAfter(exponential({ factor: 1 }), 3)).toEqual([250, 250, 250]);
    expect(exponential({ factor: 1 })({ attempt: Infinity, previousDelay: 0 })).toBe(250);
  });

  it('stays 0 when the base is 0', () => {
    expect(exponential({ base: 0 })({ attempt: 10_000, previousDelay: 0 })).toBe(0);
  });

  it("writes urllib3's backoff_factor * 2 ** (n - 1) in one line", () => {
    const backoffFactor = 0.1;

    const delay = exponential({ base: backoffFactor * 1_000, cap: 120_000 });

    expect(delaysAfter(delay, 5)).toEqual([100, 200, 400, 800, 1_600]);
    expect(delay({ attempt: 20, previousDelay: 0 })).toBe(120_000);
  });
});

describe('fibonacci', () => {
  it('adds up the two delays before', () => {
    expect(delaysAfter(fibonacci({ base: 100 }), 7)).toEqual([100, 100, 200, 300, 500, 800, 1_300]);
  });

  it('starts at 250 ms and stops at 20 s by default', () => {
    expect(delaysAfter(fibonacci(), 3)).toEqual([250, 250, 500]);
    expect(fibonacci()({ attempt: 10_000, previousDelay: 0 })).toBe(20_000);
  });
});

const ALL: [string, Delay][] = [
  ['constant', constant(250)],
  ['linear', linear()],
  ['exponential', exponential()],
  ['fibonacci', fibonacci()],
];

describe.each(ALL)('%s with an odd attempt number', (_, delay) => {
  it.each([0, -0, -7, NaN, -Infinity, 0.4])('counts attempt %s as the first', (attempt) => {
    expect(delay({ attempt, previousDelay: 0 })).toBe(250);
  });

  it('counts a fraction as the whole number below it', () => {
    expect(delay({ attempt: 3.9, previousDelay: 0 })).toBe(delay({ attempt: 3, previousDelay: 0 }));
  });

  it('stays below the timer limit for an infinite one', () => {
    expect(delay({ attempt: Infinity, previousDelay: 0 })).toBeLessThanOrEqual(20_000);
  });
});
