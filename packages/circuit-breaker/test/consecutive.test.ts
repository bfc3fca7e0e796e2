import { consecutive } from '@steadfetch/circuit-breaker';
import { expect, it } from 'vitest';

const record = (rule = consecutive(3)) => {
  const tally = rule.start();
  return (outcomes: string) => [...outcomes].map((o) => tally.record({ failed: o === 'x', duration: 0, at: 0 }));
};

it('opens at the given number of failures in a row, not before', () => {
  expect(record()('xxx')).toEqual([false, false, true]);
});

it('starts a new row after a success', () => {
  expect(record()('xx.xx.xxx').indexOf(true)).toBe(8);
});

it('shares no state between two tallies', () => {
  const rule = consecutive(2);

  record(rule)('x');

  expect(record(rule)('x')).toEqual([false]);
});
