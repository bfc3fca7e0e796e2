import { constant, exponential } from '@steadfetch/backoff';
import { seededRandom } from '@steadfetch/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decorrelatedJitter, equalJitter, fullJitter, proportionalJitter } from '../src/index.ts';

const first = { attempt: 1, previousDelay: 0 };
const always = (share: number) => () => share;

afterEach(() => vi.restoreAllMocks());

describe('fullJitter', () => {
  it.each([
    [0, 0],
    [0.25, 250],
    [0.5, 500],
    [1, 1_000],
  ])('waits that share of the delay when chance gives %d', (share, expected) => {
    expect(fullJitter(constant(1_000), always(share))(first)).toBe(expected);
  });

  it('hands the attempt on to its delay', () => {
    const delay = fullJitter(exponential({ base: 100 }), always(0.5));

    expect(delay({ attempt: 3, previousDelay: 0 })).toBe(200);
  });

  it('asks Math.random when called, not when built', () => {
    const delay = fullJitter(constant(1_000));
    vi.spyOn(Math, 'random').mockReturnValue(0.75);

    expect(delay(first)).toBe(750);
  });

  it('still spreads clients whose delays have reached the cap', () => {
    const delay = fullJitter(exponential({ cap: 1_000 }), seededRandom());

    const delays = new Set(Array.from({ length: 200 }, () => delay({ attempt: 50, previousDelay: 1_000 })));

    expect(delays.size).toBe(200);
  });
});

describe('equalJitter', () => {
  it.each([
    [0, 500],
    [0.5, 750],
    [1, 1_000],
  ])('waits between half and all of the delay when chance gives %d', (share, expected) => {
    expect(equalJitter(constant(1_000), always(share))(first)).toBe(expected);
  });
});

describe('proportionalJitter', () => {
  it.each([
    [0, 900],
    [0.5, 1_000],
    [1, 1_100],
  ])('waits the delay give or take its spread when chance gives %d', (share, expected) => {
    expect(proportionalJitter(constant(1_000), { spread: 0.1 }, always(share))(first)).toBeCloseTo(expected);
  });

  it('spreads by a fifth by default', () => {
    expect(proportionalJitter(constant(1_000), undefined, always(0))(first)).toBeCloseTo(800);
    expect(proportionalJitter(constant(1_000), {}, always(1))(first)).toBeCloseTo(1_200);
  });

  it('ends its range at the longest delay of a timer, and does not pile up there', () => {
    const delay = proportionalJitter(constant(2_147_483_647), { spread: 0.5 }, seededRandom());

    const delays = Array.from({ length: 200 }, () => delay(first));

    expect(Math.max(...delays)).toBeLessThanOrEqual(2_147_483_647);
    expect(new Set(delays).size).toBe(200);
  });
});

describe('decorrelatedJitter', () => {
  it.each([
    [0, 100],
    [0.5, 200],
    [1, 300],
  ])('draws the first delay from the base to three times the base when chance gives %d', (share, expected) => {
    expect(decorrelatedJitter({ base: 100 }, always(share))(first)).toBe(expected);
  });

  it('draws later ones from the base to three times the delay before', () => {
    const delay = decorrelatedJitter({ base: 100 }, always(1));

    expect(delay({ attempt: 2, previousDelay: 300 })).toBe(900);
    expect(delay({ attempt: 3, previousDelay: 900 })).toBe(2_700);
  });

  it('starts at 250 ms and ends at 20 s by default', () => {
    expect(decorrelatedJitter(undefined, always(0))(first)).toBe(250);
    expect(decorrelatedJitter({}, always(1))({ attempt: 9, previousDelay: 20_000 })).toBe(20_000);
  });

  it('still spreads clients whose delays have reached the cap', () => {
    const delay = decorrelatedJitter({ base: 100, cap: 1_000 }, seededRandom());

    const delays = Array.from({ length: 200 }, () => delay({ attempt: 50, previousDelay: 1_000 }));

    expect(new Set(delays).size).toBe(200);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1_000);
  });

  it('waits the cap when the base is above it', () => {
    expect(decorrelatedJitter({ base: 500, cap: 100 }, always(0.3))(first)).toBe(100);
  });

  it.each([NaN, -5, undefined as never])(
    'draws as for the first attempt when the delay before is %s',
    (previousDelay) => {
      expect(decorrelatedJitter({ base: 100 }, always(1))({ attempt: 2, previousDelay })).toBe(300);
    },
  );
});
