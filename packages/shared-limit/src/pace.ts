import { FREE, HOLD, type LimitState, SEARCH } from './state.ts';
import { toldEvery } from './told.ts';

/** Without a known limit a group starts with this many slots; the number doubles in each `DOUBLING`, ms. */
export const FIRST = 4;
const DOUBLING = 100;
/** The longer nothing is refused, the faster the pace grows: twice as fast after this long, ms. */
const FASTER = 10_000;
/** The pace grows for this long at most, ms. */
const LONGEST_GROWTH = 300_000;

/** Milliseconds between two calls of a cost at a time: what the server tells counts before what was measured. 0: nothing holds them back. */
export function everyOf(state: LimitState, at: number, cost: number, known: number): number {
  const least = known > 0 ? 1 / known : 0;
  const told = toldEvery(state, at, cost);
  if (told > 0) return Math.max(least, told);
  const rate = rateAt(state, at, cost);
  return Math.max(least, rate > 0 ? cost / rate : 0);
}

/** The measured pace at a time; 0: there is none. */
export function rateAt(state: LimitState, at: number, cost: number): number {
  if (state.way === FREE) return (cost * (FIRST + state.requests) * Math.LN2) / DOUBLING;
  if (state.way === SEARCH) return state.base;
  const beyond = Math.min(LONGEST_GROWTH, Math.max(0, at - state.since - state.patience));
  const grown = Math.exp((state.growth * beyond * (1 + beyond / FASTER)) / 1_000);
  const surplus = state.accepted - state.base * (at - state.emptied);
  // to twice the base, and by the base once more for each two requests that were accepted beyond the base
  return state.base * Math.min(grown, 2 + Math.max(0, surplus) / 2);
}

/** Whether the pace is raised beyond what is known to be accepted, to find the limit. */
export function isTrying({ way, since, patience }: LimitState, now: number): boolean {
  return way === HOLD && now - since > patience;
}
