import type { Random } from '@steadfetch/core';
import { MAX_TIMER, optionError, shareOf } from '@steadfetch/core/kit';

/** Looks `Math.random` up at each use, so that a test can stub it. */
export const systemRandom: Random = () => Math.random();

/** Returns a random delay from `low` to `high`. If `random` returns anything but a number from 0 to 1, that is `high`. */
export function between(low: number, high: number, random: Random): number {
  // rounding may lift the sum above `high`
  return Math.min(high, low + shareOf(random()) * (high - low));
}

/** Returns the delay, limited to what a timer can hold. Throws if it is not a number, which is a mistake in the program. */
export function clampToTimer(owner: string, ms: number): number {
  if (typeof ms === 'number' && !Number.isNaN(ms)) return Math.max(0, Math.min(ms, MAX_TIMER));
  throw optionError(`${owner}: delay`, 'it to return milliseconds', ms);
}
