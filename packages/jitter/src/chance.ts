/** Where chance comes from: a number in [0, 1). */
export type Random = () => number;

/** The longest delay a timer holds, 2^31 - 1 ms. */
export const MAX_TIMER = 2_147_483_647;

/** Looked up at each use, so that a stubbed `Math.random` counts. */
export const systemRandom: Random = () => Math.random();

/** A point between two delays. A `random` that gives no number from 0 to 1 counts as 1: the longer delay. */
export function between(low: number, high: number, random: Random): number {
  const share = random();
  return low + (share >= 0 && share <= 1 ? share : 1) * (high - low);
}

/** What a timer can hold of a delay that may be anything: no number is 0. */
export function holdable(ms: number): number {
  return ms > 0 ? Math.min(ms, MAX_TIMER) : 0;
}
