import { type Clock, throwIfAborted } from '@steadfetch/core';

/** A clock whose sleeps take no time and are written down. */
export interface InstantClock extends Clock {
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Lets `ms` pass without a sleep. */
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
export function instantClock({ now = Date.UTC(2025, 0, 1) }: { now?: number } = {}): InstantClock {
  const sleeps: number[] = [];
  let time = now;
  return {
    sleeps,
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
    sleep: async (ms, signal) => {
      throwIfAborted(signal);
      sleeps.push(ms);
      time += Math.max(0, ms);
      await Promise.resolve();
      throwIfAborted(signal);
    },
  };
}
