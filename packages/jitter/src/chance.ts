import type { Random } from '@steadfetch/core';
import { MAX_TIMER, optionError } from '@steadfetch/core/kit';

/** Looked up at each use, so that a stubbed `Math.random` counts. */
export const systemRandom: Random = () => Math.random();

/** A point between two delays. A `random` that returns no number from 0 to 1 counts as 1: the longer delay. */
export function between(low: number, high: number, random: Random): number {
  const share = random();
  // the sum may be rounded up
  return Math.min(high, low + (share >= 0 && share <= 1 ? share : 1) * (high - low));
}

/** The delay, limited to what a timer holds. Throws for a delay that is no number: that is a mistake in the program. */
export function holdable(owner: string, ms: number): number {
  if (typeof ms === 'number' && !Number.isNaN(ms)) return Math.max(0, Math.min(ms, MAX_TIMER));
  throw optionError(`${owner}: delay`, 'it to return milliseconds', ms);
}
