import { describe, expect, it } from 'vitest';
import type { Reply } from '../src/state.ts';
import { isUsable, LONGEST_WAIT } from '../src/usable.ts';

const QUESTION = { want: 1, within: 1_000 };
const GOOD: Reply = {
  now: 10_000,
  first: 10_000,
  every: 100,
  count: 1,
  closedUntil: 0,
  goodFor: 1_000,
  backAt: 0,
  rate: 0,
  burst: 1,
};

describe('an answer of a place', () => {
  it('is used as decide() returns it', () => {
    expect(isUsable(GOOD, QUESTION)).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['a number that is none', { ...GOOD, every: Number.NaN }],
    ['slots that go back in time', { ...GOOD, every: -1 }],
    ['one that is good for no time', { ...GOOD, goodFor: 0 }],
    ['a slot of long ago', { ...GOOD, first: 1 }],
    ['a wait of more than two days', { ...GOOD, closedUntil: GOOD.now + LONGEST_WAIT + 1 }],
    ['half a slot', { ...GOOD, count: 0.5 }],
    ['no slot where one is due', { ...GOOD, count: 0 }],
  ])('is not used where it is %s', (_what, reply) => {
    expect(isUsable(reply as Reply, QUESTION)).toBe(false);
  });
});
