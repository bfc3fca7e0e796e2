import { unexpected } from './check.ts';

/** Where chance comes from: a number in [0, 1). */
export type Random = () => number;

/** The longest delay a timer holds, 2^31 - 1 ms. */
export const MAX_TIMER = 2_147_483_647;

/** Looked up at each use, so that a stubbed `Math.random` counts. */
export const systemRandom: Random = () => Math.random();

/** A point between two delays. A `random` that gives no number from 0 to 1 counts as 1: the longer delay. */
export function between(low: number, high: number, random: Random): number {
  const share = random();
  // the sum may be rounded up
  return Math.min(high, low + (share >= 0 && share <= 1 ? share : 1) * (high - low));
}

/** What a timer can hold of a delay. What is no number is a mistake that no wait, or any, would only hide. */
export function holdable(owner: string, ms: number): number {
  if (typeof ms === 'number' && !Number.isNaN(ms)) return Math.max(0, Math.min(ms, MAX_TIMER));
  throw new TypeError(unexpected(`${owner}: delay`, 'it to give milliseconds', ms));
}
