import { anyOf, consecutive, countWindow } from '@steadfetch/circuit-breaker';
import { expect, it, vi } from 'vitest';

const sample = (failed: boolean, duration = 0) => ({ failed, duration, at: 0 });

it('opens as soon as one of the rules does', () => {
  const tally = anyOf(consecutive(3), countWindow({ size: 4, minCalls: 4 })).start();

  const opened = [true, false, false, true].map((failed) => tally.record(sample(failed)));

  expect(opened).toEqual([false, false, false, true]);
});

it('records every call with each rule, even if another one opens', () => {
  const record = vi.fn(() => false);
  const tally = anyOf(consecutive(1), { start: () => ({ record }) }).start();

  tally.record(sample(true));
  tally.record(sample(false));

  expect(record).toHaveBeenCalledTimes(2);
});

it('treats a call as slow if one of the rules does', () => {
  const rule = anyOf(consecutive(3), countWindow({ slowerThan: 100 }));

  expect([rule.isSlow?.(100), rule.isSlow?.(101)]).toEqual([false, true]);
});

it('refuses an empty list and a value that is not a rule', () => {
  expect(() => anyOf()).toThrow('anyOf: expected at least one rule, got none');
  expect(() => anyOf(consecutive(1), consecutive as never)).toThrow('anyOf: rule 2: expected a rule');
});
