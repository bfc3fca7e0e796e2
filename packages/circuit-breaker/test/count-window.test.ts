import { countWindow, type Rule } from '@steadfetch/circuit-breaker';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const run = (rule: Rule, outcomes: string, duration = 0) => {
  const tally = rule.start();
  return [...outcomes].map((o) => tally.record({ failed: o === 'x', duration: o === 's' ? 1_001 : duration, at: 0 }));
};

it('opens when the share of failures among the latest calls is reached', () => {
  const opened = run(countWindow({ size: 4, failureRatio: 0.5, minCalls: 4 }), '...x.xx');

  expect(opened).toEqual([false, false, false, false, false, true, true]);
});

it('never opens with fewer calls than minCalls', () => {
  expect(run(countWindow({ size: 10, minCalls: 5 }), 'xxxxx')).toEqual([false, false, false, false, true]);
});

it('does not open at a good answer: if calls are made together, failures end first', () => {
  expect(run(countWindow({ size: 20, minCalls: 4 }), 'xxx.................')).not.toContain(true);
});

it('forgets the oldest call for each new one', () => {
  const opened = run(countWindow({ size: 3, failureRatio: 0.6, minCalls: 3 }), 'x..x..x');

  expect(opened).not.toContain(true);
});

it('opens on slow calls that all succeed', () => {
  const rule = countWindow({ size: 4, minCalls: 4, slowerThan: 1_000, slowCallRatio: 0.75 });

  expect(run(rule, '.sss')).toEqual([false, false, false, true]);
  expect(run(rule, '..ss')).not.toContain(true);
});

it('counts a call of exactly slowerThan as fast', () => {
  const rule = countWindow({ size: 2, minCalls: 2, slowerThan: 1_000 });

  expect(run(rule, '..', 1_000)).toEqual([false, false]);
  expect(run(rule, '..', 1_001)).toEqual([false, true]);
});

it('lowers the default of minCalls to size', () => {
  expect(run(countWindow({ size: 2 }), 'xx')).toEqual([false, true]);
});

it('agrees with counting the latest calls one by one', () => {
  const outcomes = fc.array(fc.constantFrom('.', 'x', 's'), { maxLength: 60 });
  const ratio = fc.integer({ min: 1, max: 10 }).map((tenths) => tenths / 10);
  const sizes = fc
    .integer({ min: 1, max: 12 })
    .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 1, max: size })));

  fc.assert(
    fc.property(outcomes, ratio, ratio, sizes, (calls, failureRatio, slowCallRatio, [size, minCalls]) => {
      const rule = countWindow({ size, minCalls, failureRatio, slowerThan: 1_000, slowCallRatio });
      const expected = calls.map((_, index) => {
        const latest = calls.slice(Math.max(0, index + 1 - size), index + 1);
        const share = (kind: string) => latest.filter((call) => call === kind).length / latest.length;
        const isReached = share('x') >= failureRatio || share('s') >= slowCallRatio;
        return calls[index] !== '.' && latest.length >= minCalls && isReached;
      });

      expect(run(rule, calls.join(''))).toEqual(expected);
    }),
  );
});
