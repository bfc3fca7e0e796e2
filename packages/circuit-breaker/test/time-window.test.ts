import { timeWindow } from '@steadfetch/circuit-breaker';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const failuresAt = (rule = timeWindow({ window: 5_000, minCalls: 4 }), ...times: number[]) => {
  const tally = rule.start();
  return times.map((at) => tally.record({ failed: true, duration: 0, at }));
};

it('opens when the share of failures within the window is reached', () => {
  expect(failuresAt(undefined, 0, 10, 2_000, 4_000)).toEqual([false, false, false, true]);
});

it('forgets everything in an idle hour', () => {
  expect(failuresAt(undefined, 0, 1, 2, 3_600_000)).not.toContain(true);
});

it('counts a call for the length of the window and no longer', () => {
  expect(failuresAt(undefined, 0, 1_000, 2_000, 4_999)).toEqual([false, false, false, true]);
  expect(failuresAt(undefined, 0, 1_000, 2_000, 5_000)).not.toContain(true);
});

it('forgets a call at most a hundredth of the window early', () => {
  const tally = timeWindow({ window: 1_000, failureRatio: 0.6, minCalls: 2 }).start();
  const record = (failed: boolean, at: number) => tally.record({ failed, duration: 0, at });

  record(false, 0);
  record(true, 10);

  expect(record(true, 1_009)).toBe(true);
});

it('dilutes failures with successes', () => {
  const tally = timeWindow({ window: 5_000, failureRatio: 0.5, minCalls: 4 }).start();
  const outcomes = [false, false, false, true, true, true];

  const opened = outcomes.map((failed, at) => tally.record({ failed, duration: 0, at }));

  expect(opened).toEqual([false, false, false, false, false, true]);
});

it('opens on slow calls', () => {
  const tally = timeWindow({ window: 5_000, minCalls: 2, slowerThan: 100, slowCallRatio: 1 }).start();
  const durations = [100, 101, 102];

  const opened = durations.map((duration, at) => tally.record({ failed: false, duration, at: at * 3_000 }));

  expect(opened).toEqual([false, false, true]);
});

it('counts no call longer than the window, and every call for at least 99 % of it', () => {
  const calls = fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.boolean()), { maxLength: 80 });
  const failuresSince = (log: { at: number; failed: boolean }[], since: number) => {
    const counted = log.filter(({ at }) => at > since);
    return counted.length >= 5 && counted.every(({ failed }) => failed);
  };

  fc.assert(
    fc.property(calls, (gaps) => {
      const tally = timeWindow({ window: 1_000, failureRatio: 1, minCalls: 5 }).start();
      const log: { at: number; failed: boolean }[] = [];
      let at = 0;
      for (const [gap, failed] of gaps) {
        at += gap;
        log.push({ at, failed });
        const opened = tally.record({ failed, duration: 0, at });
        const possible = Array.from({ length: 11 }, (_, ms) => failuresSince(log, at - 1_000 + ms));
        if (opened) expect(possible).toContain(true);
        else expect(possible).toContain(false);
      }
    }),
  );
});
