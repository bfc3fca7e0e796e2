import { FREE, HOLD, type LimitState, SEARCH } from './state.ts';
import { toldEvery } from './told.ts';

/** While no limit is known, the processes start with this many slots together. The number doubles in each `DOUBLING_MS`. */
export const FIRST_SLOTS = 4;
const DOUBLING_MS = 100;
/** A held pace grows faster the longer nothing is refused: twice as fast after this long, ms. */
const FASTER_AFTER_MS = 10_000;
/** A held pace grows for this long at most, ms. */
const LONGEST_GROWTH_MS = 300_000;

/** Milliseconds between two calls of this cost; 0: calls need not wait. A quota that the server reports counts before the measured pace. */
export function everyOf(state: LimitState, at: number, cost: number, known: number): number {
  const least = known > 0 ? 1 / known : 0;
  const told = toldEvery(state, at, cost);
  if (told > 0) return Math.max(least, told);
  const rate = rateAt(state, at, cost);
  return Math.max(least, rate > 0 ? cost / rate : 0);
}

/** The measured rate at a time, in units of cost per ms; 0: none. */
export function rateAt(state: LimitState, at: number, cost: number): number {
  if (state.way === FREE) return (cost * (FIRST_SLOTS + state.requests) * Math.LN2) / DOUBLING_MS;
  if (state.way === SEARCH) return state.base;
  const beyond = Math.min(LONGEST_GROWTH_MS, Math.max(0, at - state.since - state.patience));
  const grown = Math.exp((state.growth * beyond * (1 + beyond / FASTER_AFTER_MS)) / 1_000);
  const surplus = state.accepted - state.base * (at - state.emptied);
  // grows to twice the base, and by another base for each two requests that were accepted beyond the base
  return state.base * Math.min(grown, 2 + Math.max(0, surplus) / 2);
}

/** Whether the pace is being raised above the rate that is known to be accepted, to find the limit. */
export function isRaising({ way, since, patience }: LimitState, now: number): boolean {
  return way === HOLD && now - since > patience;
}
