import { type Clock, throwIfAborted } from '@steadfetch/core';
import { type ClockOptions, checkSpan, checkTime, clockStart } from './clock-start.ts';
import { skipped } from './skipped.ts';

/** A clock that records its sleeps and does not wait. */
export interface InstantClock extends Clock {
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Moves the clock by `ms` without a sleep. A negative number sets it back. */
  advance(ms: number): void;
}

/**
 * A clock for tests: each sleep resolves at once and moves the clock forward by its duration.
 *
 * @example
 * const clock = instantClock();
 * await retry({ clock })(fetch)(url);
 * expect(clock.sleeps).toEqual([7_000]);
 */
export function instantClock(options: ClockOptions = {}): InstantClock {
  const sleeps: number[] = [];
  let time = clockStart('instantClock', options);
  return {
    sleeps,
    now: () => time + skipped.ms,
    advance: (ms) => {
      time += checkSpan('instantClock: advance', ms);
    },
    sleep: async (ms, signal) => {
      throwIfAborted(signal);
      checkTime('instantClock: sleep', ms);
      sleeps.push(ms);
      time += Math.max(0, ms);
      await Promise.resolve();
      throwIfAborted(signal);
    },
  };
}
