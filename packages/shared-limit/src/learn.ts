import { type Bucket, bucketOf } from './bucket.ts';
import { addRefusal, refusalsOf } from './history.ts';
import { isRaising } from './pace.ts';
import { HOLD, type LimitState, SEARCH } from './state.ts';

/** The doubt about a rate is the share by which it may be wrong. The least, and that about a guess. */
const LEAST_DOUBT = 0.01;
const GUESS_DOUBT = 0.3;
/** A guessed pace saves up no slots: two calls at once after a pause, at a limit without a burst, would be refused and lower the guess. */
const NO_DEPTH = 0;
/** The share of a burst that is used. The rest is for requests that are on their way. */
const BURST_USED = 0.5;
/** The true burst may be this many times the one that was found. */
const BURST_ERROR = 2;
/** After a closing the next slot waits until half of the bucket has refilled, for this long at most, ms. */
const LONGEST_REFILL_MS = 250;
/** The pace is held this far below the measured rate, as a share of it. */
const UNDER = 0.01;
/** A bucket that holds one refuses a call that arrives early. So its pace is lower by the share that a call this early takes, up to a tenth, ms. */
const EARLY_MS = 5;
const MOST_UNDER = 0.1;
/**
 * Each attempt to raise the pace is refused a few times. So a measured pace is held for this many requests, but no longer than the limit is known,
 * unless the doubt asks for more. A guessed pace is held for the second number at most, unless its closing was longer.
 */
const REQUESTS_PER_RAISE = 400;
const REQUESTS_PER_RAISE_GUESSED = 40;
/** If more closings than this come in a row, with nothing accepted between them, the held pace is wrong, and the group searches again. */
const MOST_FRUITLESS = 3;
/** This many accepted requests show how fast the limit refills; after a refusal that came alone they outvote it. */
const MIN_ACCEPTED = 5;
/** A pace is held this long before it is raised: at least, at most, and at most for the doubt alone, since a limit may change, ms. */
const SHORTEST_PATIENCE_MS = 1_500;
const LONGEST_PATIENCE_MS = 300_000;
const LONGEST_DOUBT_MS = 60_000;

/** Learns from what all processes got accepted between two refusals. `cost` is that of the call that asks; earlier calls may have cost more. */
export function learn(state: LimitState, cost: number): void {
  const { accepted, refusedAt: at, emptied, pace } = state;
  const time = Math.max(1, at - emptied);
  const call = Math.max(1, cost, state.cost / Math.max(1, state.requests));
  const start = searchStart(state, call);
  const isAlone = state.refusedLast === at;
  state.refusedAt = 0;
  // another `closedUntil` makes processes drop the slots that were reserved meanwhile
  state.closedUntil++;
  if (isAlone && acceptedSince(state, at) >= MIN_ACCEPTED) {
    state.alone++;
    return;
  }
  if (!isAlone) state.alone = 0;
  addRefusal(state, at);
  if (state.base === 0) startSearch(state, start);
  else if (accepted === 0) noneAccepted(state, time, call);
  else {
    const found = bucketOf(state.history, state.most, 1.05 * pace, time);
    if (!found && isAlone) state.alone++;
    // a refusal after a pause looks like a limit that hardly refills, so few accepted requests, or a short history, halve a pace at most
    const isFar = found && found.rate < 0.5 * state.base;
    const isShort = accepted < MIN_ACCEPTED * call || refusalsOf(state).length <= 2;
    if (isFar && isShort && state.way === HOLD) hold(state, 0.5 * state.base, NO_DEPTH, GUESS_DOUBT);
    else if (found) holdBucket(state, found, at);
    else if (state.way === SEARCH) hold(state, 0.85 * pace, NO_DEPTH, GUESS_DOUBT);
    else if (isRaising(state, state.counted - state.closure)) holdBetween(state, accepted / time, 0.85 * pace);
    else holdGuess(state, pace);
  }
  state.emptied = Math.max(at, state.backAt);
  state.accepted = 0;
  state.granted = 0;
  state.begun = 0;
}

/**
 * The rate at which a search starts: what was accepted, over the time that it took and the closing that followed. At least one call in
 * `SHORTEST_PATIENCE_MS`: if other clients had used up the limit, little was accepted, and the closing shows nothing.
 */
function searchStart(state: LimitState, call: number): number {
  const { accepted, closure, refusedAt, begun } = state;
  const length = Math.max(1, refusedAt - (begun > 0 ? begun : refusedAt));
  const steady = length > 1_000 ? (0.5 * accepted) / length : 0;
  return Math.max(Math.max(call, accepted) / (closure + length), call / SHORTEST_PATIENCE_MS, steady);
}

/** Holds the rate of a bucket. The group uses what refilled during the closing, except for half of the bucket. */
function holdBucket(state: LimitState, { rate, burst, doubt }: Bucket, at: number): void {
  const refilled = rate * state.closure;
  state.burst = burst;
  state.most = Math.max(refilled, Math.min(state.most, BURST_ERROR * burst));
  const under = burst > 1 ? UNDER : Math.min(MOST_UNDER, Math.max(UNDER, EARLY_MS * rate));
  hold(state, (1 - under) * rate, Math.min(burst - 1, BURST_USED * burst), doubt);
  const missing = BURST_USED * burst - (refilled - acceptedSince(state, at));
  state.next += Math.max(-state.depth, Math.min(LONGEST_REFILL_MS * state.base, missing)) / state.base;
}

/** The cost of what was accepted after a time. After a refusal these are slots that other processes still had. */
function acceptedSince({ history }: LimitState, at: number): number {
  return history.reduce((sum, { from, cost }) => (from > at ? sum + cost : sum), 0);
}

/** Starts a search: the first refusal shows how large the burst was, and not yet how fast it refills. */
function startSearch(state: LimitState, start: number): void {
  state.way = SEARCH;
  state.base = start;
  state.burst = Math.max(1, acceptedSince(state, -Infinity));
  state.most = state.burst;
  state.depth = 1;
  state.used = state.closedUntil;
}

/** Holds a rate after a raise that was refused: between the average that was accepted and 85 % of the refused pace, and no less than before. */
function holdBetween(state: LimitState, low: number, high: number): void {
  const rate = Math.max(state.base, Math.min(high, Math.sqrt(low * high)));
  hold(state, rate, NO_DEPTH, 1 - rate / high);
}

/**
 * Lowers the rate if nothing was accepted since the limit was last used up, so that not even two calls refilled: a held rate by half at most. The
 * rate of a search may fall further: to two calls in that time, or in 1.5 s if that is shorter. After several such closings in a row other
 * clients used the limit, or there is none: the group searches again.
 */
function noneAccepted(state: LimitState, time: number, call: number): void {
  const most = (2 * call) / time;
  if (state.shut > MOST_FRUITLESS) state.way = SEARCH;
  state.base = Math.min(state.base, Math.max(most, 0.5 * state.base));
  if (state.way === SEARCH) state.base = Math.min(state.base, (2 * call) / Math.min(time, SHORTEST_PATIENCE_MS));
}

/** Holds a guess if no bucket explains the refusals: other clients share the limit, or it has changed. The history before the last refusal is dropped. */
function holdGuess(state: LimitState, pace: number): void {
  state.history.splice(0, refusalsOf(state).at(-1)!);
  hold(state, 0.8 * pace, NO_DEPTH, GUESS_DOUBT);
  state.patience = 2_000;
  state.growth = 0.03;
}

/** How long ago the first refusal was. It bounds the patience: a limit that was met just now may have been noise. */
function sinceFirstRefusal({ history, closedUntil }: LimitState): number {
  return closedUntil - history.find(({ cost }) => cost === 0)!.from;
}

/** Holds a pace until the rate that is lost to the doubt costs as much as a refusal. Then the pace is raised. */
function hold(state: LimitState, rate: number, depth: number, doubt: number): void {
  const unsure = Math.min(GUESS_DOUBT, Math.max(LEAST_DOUBT, doubt));
  const cost = Math.max(0, state.closure - (depth > 1 ? state.burst / rate : 0));
  const patience =
    unsure < GUESS_DOUBT
      ? Math.max(
          Math.min(LONGEST_DOUBT_MS, cost / unsure),
          Math.min(REQUESTS_PER_RAISE / rate, sinceFirstRefusal(state)),
        )
      : Math.max(cost, Math.min(cost / unsure, REQUESTS_PER_RAISE_GUESSED / rate));
  const most = Math.min(0.3, Math.max(1 / 30, 100 * rate));
  state.way = HOLD;
  state.base = rate;
  state.depth = depth;
  state.patience = Math.min(LONGEST_PATIENCE_MS, Math.max(SHORTEST_PATIENCE_MS, patience));
  state.growth = Math.min(most, Math.max(1 / 30, 3 * unsure));
  state.since = state.closedUntil;
}
