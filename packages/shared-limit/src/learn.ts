import { type Bucket, bucketOf } from './bucket.ts';
import { isTrying } from './pace.ts';
import { HOLD, type LimitState, SEARCH } from './state.ts';
import { mark, marksOf } from './tidy.ts';

/** The least doubt about a pace, and the doubt about a guess. */
const SURE = 0.01;
const UNSURE = 0.3;
/** A guess about a pace saves nothing for later: two at once after a pause, refused where there is no burst, would lower it. */
const NONE = 0;
/** The share of a burst that is used: the rest is left for requests that are on their way. */
const USED = 0.5;
/** A burst that was found may in truth be this many times as large. */
const WRONG = 2;
/** After a closing the next slot waits until half of the bucket is back, for this long at most, ms. */
const REST = 250;
/** How far under the measured rate the pace is held, as a share of it. */
const UNDER = 0.01;
/** A bucket of one has no room for a call that arrives this many ms early, so its pace is held lower: by this share of the rate at most. */
const EARLY = 5;
const MOST_UNDER = 0.1;
/** More is tried once in this many requests at most, since that is refused a few times; the second number where the pace is a guess. */
const RARE = 400;
const RARE_GUESS = 40;
/** After more refusals in a row than this, with nothing accepted between them, a pace that was held says nothing. */
const NOTHING_LEFT = 3;
/** This many acceptances show how much comes back, or outvote the refusal before them. */
const ENOUGH = 5;
const SHORTEST_PATIENCE = 1_500;
/** A limit may have changed: after this long more is tried, however small the doubt is, ms. */
const LONGEST_DOUBT = 60_000;
const LONGEST_PATIENCE = 300_000;

/** Learns from what was accepted between two refusals, by all. A call costs as much as the one that asks, or as those before it. */
export function learn(state: LimitState, cost: number): void {
  const { accepted, refusedAt: at, emptied, pace } = state;
  const time = Math.max(1, at - emptied);
  const call = Math.max(1, cost, state.cost / Math.max(1, state.requests));
  const start = startOf(state, call);
  const isAlone = state.refusedLast === at;
  state.refusedAt = 0;
  // slots reserved meanwhile are no longer valid
  state.closedUntil++;
  if (isAlone && acceptedSince(state, at) >= ENOUGH) {
    state.alone++;
    return;
  }
  if (!isAlone) state.alone = 0;
  mark(state, at);
  if (state.base === 0) search(state, start);
  else if (accepted === 0) noneAccepted(state, time, call);
  else {
    const found = bucketOf(state.history, state.most, 1.05 * pace, time);
    if (!found && isAlone) state.alone++;
    // a refusal after a pause looks like a limit that hardly comes back: few acceptances, or one
    // whose history was lost before, halve a pace at most
    const isFar = found && found.rate < 0.5 * state.base;
    const isShort = accepted < ENOUGH * call || marksOf(state).length <= 2;
    if (isFar && isShort && state.way === HOLD) hold(state, 0.5 * state.base, NONE, UNSURE);
    else if (found) holdBucket(state, found, at);
    else if (state.way === SEARCH) hold(state, 0.85 * pace, NONE, UNSURE);
    else if (isTrying(state, state.counted - state.closure)) between(state, accepted / time, 0.85 * pace);
    else others(state, pace);
  }
  state.emptied = Math.max(at, state.backAt);
  state.accepted = 0;
  state.granted = 0;
  state.begun = 0;
}

/**
 * The pace at which a search begins: what was accepted, over the time that it took and the one that it is paid with. Others may have used
 * the limit up before: then little was accepted, and how long it is closed for says nothing, so it is no slower than a call in `SHORTEST_PATIENCE`.
 */
function startOf(state: LimitState, call: number): number {
  const { accepted, closure, refusedAt, begun } = state;
  const length = Math.max(1, refusedAt - (begun > 0 ? begun : refusedAt));
  const steady = length > 1_000 ? (0.5 * accepted) / length : 0;
  return Math.max(Math.max(call, accepted) / (closure + length), call / SHORTEST_PATIENCE, steady);
}

/** Holds the rate of a bucket. What came back while the limit was closed is used, but for half a bucket. */
function holdBucket(state: LimitState, { rate, burst, doubt }: Bucket, at: number): void {
  const back = rate * state.closure;
  state.burst = burst;
  state.most = Math.max(back, Math.min(state.most, WRONG * burst));
  const under = burst > 1 ? UNDER : Math.min(MOST_UNDER, Math.max(UNDER, EARLY * rate));
  hold(state, (1 - under) * rate, Math.min(burst - 1, USED * burst), doubt);
  const missing = USED * burst - (back - acceptedSince(state, at));
  state.next += Math.max(-state.depth, Math.min(REST * state.base, missing)) / state.base;
}

/** The cost of what was accepted after a time: slots that other processes still had when the limit was met. */
function acceptedSince({ history }: LimitState, at: number): number {
  return history.reduce((sum, { from, cost }) => (from > at ? sum + cost : sum), 0);
}

/** The first refusal shows how large the burst was, and not yet how much comes back. */
function search(state: LimitState, start: number): void {
  state.way = SEARCH;
  state.base = start;
  state.burst = Math.max(1, acceptedSince(state, -Infinity));
  state.most = state.burst;
  state.depth = 1;
  state.used = state.closedUntil;
}

/** More was tried, and refused: the rate is between what was accepted on average and what was refused. */
function between(state: LimitState, low: number, high: number): void {
  const rate = Math.max(state.base, Math.min(high, Math.sqrt(low * high)));
  hold(state, rate, NONE, 1 - rate / high);
}

/**
 * Nothing was accepted since it was last used up: not even two came back. How long it was closed says nothing about the pace of a
 * search. Where that happens several times in a row, others used the limit up or it was no limit: the pace is searched for again.
 */
function noneAccepted(state: LimitState, time: number, call: number): void {
  const most = (2 * call) / time;
  if (state.shut > NOTHING_LEFT) state.way = SEARCH;
  state.base = Math.min(state.base, Math.max(most, 0.5 * state.base));
  if (state.way === SEARCH) state.base = Math.min(state.base, (2 * call) / Math.min(time, SHORTEST_PATIENCE));
}

/** No bucket explains the refusals: clients outside the group share the limit, or it has changed. */
function others(state: LimitState, pace: number): void {
  state.history.splice(0, marksOf(state).at(-1)!);
  hold(state, 0.8 * pace, NONE, UNSURE);
  state.patience = 2_000;
  state.growth = 0.03;
}

/** How long ago the limit was first met: what was seen for a short time is held for as short a time, since it may have been no limit. */
function metFor({ history, closedUntil }: LimitState): number {
  return closedUntil - history.find(({ cost }) => cost === 0)!.from;
}

/** Holds a pace. More is tried once the doubt about it has cost as much as a refusal does. */
function hold(state: LimitState, rate: number, depth: number, doubt: number): void {
  const unsure = Math.min(UNSURE, Math.max(SURE, doubt));
  const cost = Math.max(0, state.closure - (depth > 1 ? state.burst / rate : 0));
  const patience =
    unsure < UNSURE
      ? Math.max(Math.min(LONGEST_DOUBT, cost / unsure), Math.min(RARE / rate, metFor(state)))
      : Math.max(cost, Math.min(cost / unsure, RARE_GUESS / rate));
  const most = Math.min(0.3, Math.max(1 / 30, 100 * rate));
  state.way = HOLD;
  state.base = rate;
  state.depth = depth;
  state.patience = Math.min(LONGEST_PATIENCE, Math.max(SHORTEST_PATIENCE, patience));
  state.growth = Math.min(most, Math.max(1 / 30, 3 * unsure));
  state.since = state.closedUntil;
}
