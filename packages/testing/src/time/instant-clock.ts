import { type Clock, throwIfAborted } from '@steadfetch/core';
import { type ClockOptions, checkSpan, checkTime, clockStart } from './clock-start.ts';
import { passed } from './passed.ts';

/** A clock whose sleeps take no time and are written down. */
export interface InstantClock extends Clock {
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Lets `ms` pass without a sleep; a negative number sets the clock back. */
  advance(ms: number): void;
}

/**
 * Sleeps end at once and move the time on by what was asked for.
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
    now: () => time + passed.ms,
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
