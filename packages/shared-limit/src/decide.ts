import { addAccepted } from './history.ts';
import { learn } from './learn.ts';
import { everyOf, FIRST_SLOTS, isRaising, rateAt } from './pace.ts';
import { type Entry, FREE, HOLD, type LimitState, type Question, type Refusal, type Reply, SEARCH } from './state.ts';
import {
  BACK_MS,
  fitsWindows,
  LONGEST_EVERY_MS,
  recordQuota,
  reduceTrust,
  subtractReserved,
  toldDepth,
  trustRegained,
} from './told.ts';

/** A limit that has refused nothing may be full again after this long without a call, ms. */
const IDLE_MS = 1_000;
/** A search multiplies the rate by e in each second. One reservation raises it for this long at most, ms. */
const LONGEST_RAISE_MS = 250;
/** A search grows the rate only while half of the reserved slots were used. This many more may be used but not reported yet. */
const UNREPORTED = 10;
/** Doubted refusals count once there are this many close together. Each accepted request cancels an eighth of one. */
const MIN_DOUBTED = 4;
const CANCELLED = 1 / 8;
/** Refusals may be noise once this many came without another one near them. */
const ALONE_FOR_DOUBT = 2;
/** After a refusal the group waits this long for the reports of other processes before it learns from it, ms. */
const REPORTS_MS = 250;
/** How long a refusal closes the limit if the server asks for no wait, ms: it doubles with each closing while nothing is accepted. */
const SHORTEST_CLOSING_MS = REPORTS_MS;
const LONGEST_CLOSING_MS = 3_000;
/** One question reserves slots at most this far ahead, ms. `AHEAD_SEARCHING_MS` counts until the limit is found. */
const AHEAD_MS = 1_000;
const AHEAD_SEARCHING_MS = 8;
/** A process may use slots this long without asking whether the limit was closed, ms. `GOOD_SEARCHING_MS` counts until the limit is found. */
const GOOD_MS = 250;
const GOOD_SEARCHING_MS = 30;
/** The same while the group waits for reports after a refusal: the process asks again before it uses its slot, ms. */
const GOOD_LEARNING_MS = 1;
/** If one process stops using the store, all do. They return together after this long or later, ms. */
const ALL_AWAY_MS = 3_000;
/** The first of several saved slots lies this far in the past at most, ms. */
const MOST_PAST_MS = 40;

/**
 * Answers one question about a limit: learns from its reports, and reserves slots. Changes `known` and returns it; `undefined` starts a new limit.
 * `at` is the time in ms, by one clock for all processes, read while no other question is being answered.
 */
export function decide(known: LimitState | undefined, at: number, question: Question): [LimitState, Reply] {
  const state = known ?? newLimit(at, question);
  const now = timeOf(state, at);
  if (state.way === FREE && now - state.used > IDLE_MS && state.refusedAt === 0) restartHistory(state, now);
  // the clock of a process may be ahead; a report of the future would outlive later reports
  const past = (time: number) => Math.min(now, time);
  for (const { from, to, cost } of question.accepted) accept(state, { from: past(from), to: past(to), cost });
  if (question.aloneFor !== undefined) leaveStore(state, now, question.aloneFor);
  state.requests += question.requests;
  state.trust = Math.min(1, state.trust + trustRegained(state) * question.requests);
  outvote(state, question.requests);
  for (const quota of question.quotas) recordQuota(state, { ...quota, at: past(quota.at) }, question.lastRate);
  if (question.refusal && isCounted(state, now, question.refusal)) refuse(state, now, question.refusal, question.cost);
  const closedAt = state.counted - state.closure;
  if (state.refusedAt > 0 && now >= closedAt + Math.min(state.closure, REPORTS_MS)) learn(state, question.cost);
  return [state, grant(state, now, question)];
}

/** The time of the state. It goes on if the clock is set back: otherwise the reserved slots would lie far ahead. */
function timeOf(state: LimitState, at: number): number {
  state.lost += Math.max(0, state.seen - at);
  state.seen = at;
  return at + state.lost;
}

function newLimit(now: number, { lastRate, lastBurst, aloneFor }: Question): LimitState {
  return {
    seen: now,
    lost: 0,
    next: now,
    closedUntil: 0,
    counted: 0,
    doubted: 0,
    alone: 0,
    shut: 0,
    way: lastRate > 0 ? HOLD : FREE,
    base: lastRate,
    since: now,
    patience: 20_000,
    growth: 0.03,
    depth: 1,
    burst: Math.max(1, lastBurst),
    most: Math.max(1, lastBurst),
    emptied: now,
    begun: 0,
    accepted: 0,
    refusedAt: 0,
    refusedLast: 0,
    closure: 0,
    pace: 0,
    used: 0,
    backAt: lastRate > 0 && aloneFor === undefined ? now : 0,
    every: 0,
    granted: 0,
    cost: 0,
    requests: 0,
    trust: 1,
    history: initialHistory(lastRate > 0 ? HOLD : FREE, now),
    told: new Map(),
  };
}

/** One process stopped using the store, so all do. What is accepted until they return had no slot, and does not count. */
function leaveStore(state: LimitState, now: number, aloneFor: number): void {
  state.backAt = Math.max(state.backAt > now ? state.backAt : now + ALL_AWAY_MS, now + aloneFor);
  restartHistory(state, state.backAt);
  state.refusedAt = 0;
}

/** Forgets the history. A limit that has refused may be used up now; one that never refused may be full. */
function restartHistory(state: LimitState, at: number): void {
  state.history.splice(0, state.history.length, ...initialHistory(state.way, at));
  state.emptied = at;
  state.accepted = 0;
  state.begun = 0;
  state.granted = 0;
}

function initialHistory(way: LimitState['way'], at: number): Entry[] {
  return way === FREE ? [] : [{ from: at, to: at, cost: 0 }];
}

function accept(state: LimitState, entry: Entry): void {
  state.shut = 0;
  state.cost += entry.cost;
  if (entry.to > state.emptied) {
    if (state.begun === 0) state.begun = entry.from;
    state.accepted += entry.cost;
  }
  if (entry.to > state.backAt) addAccepted(state, entry);
}

/**
 * Whether a refusal counts. One that is not doubted counts, and so does any while the pace is raised to find the limit. A doubted one at other times,
 * and each after two refusals that came alone, counts only as the last of several that come close together.
 */
function isCounted(state: LimitState, now: number, { isDoubted }: Refusal): boolean {
  if (state.alone < ALONE_FOR_DOUBT && (!isDoubted || state.way === SEARCH || isRaising(state, now))) return true;
  state.doubted++;
  if (state.doubted < MIN_DOUBTED) return false;
  state.alone = 0;
  return true;
}

/**
 * Accepted requests cancel doubted refusals. If all are cancelled and no limit is known, the history is dropped: if a limit did refuse them, it was
 * used up then, and the history shows no burst.
 */
function outvote(state: LimitState, requests: number): void {
  if (state.doubted === 0) return;
  state.doubted = Math.max(0, state.doubted - CANCELLED * requests);
  if (state.doubted === 0 && state.way === FREE) state.history.length = 0;
}

function refuse(state: LimitState, now: number, { at, closedUntil, every, wait }: Refusal, cost: number): void {
  const length = wait ?? Math.min(LONGEST_CLOSING_MS, SHORTEST_CLOSING_MS * 2 ** state.shut);
  const until = Math.ceil(now + length);
  if (closedUntil < state.counted) {
    if (wait !== undefined) state.closedUntil = Math.max(state.closedUntil, until);
    if (state.refusedAt > 0) state.refusedLast = Math.max(state.refusedLast, Math.min(now, at));
    state.next = Math.max(state.next, state.closedUntil);
  } else {
    if (state.refusedAt > 0) learn(state, cost);
    const gap = every > 0 ? every : everyOf(state, now, 1, 0);
    state.pace = gap > 0 ? 1 / gap : 0;
    state.closedUntil = Math.max(state.closedUntil + 1, until);
    state.refusedLast = Math.min(now, at);
    state.counted = state.closedUntil;
    state.closure = state.closedUntil - now;
    state.refusedAt = state.refusedLast;
    state.shut = Math.min(10, state.shut + 1);
    reduceTrust(state, wait === undefined ? Infinity : until);
    state.next = state.closedUntil;
  }
}

function grant(state: LimitState, now: number, question: Question): Reply {
  const { want, cost, extra, known, within } = question;
  if (state.refusedAt > 0) return replyWhileLearning(state, now, question);
  const { closedUntil } = state;
  const start = Math.max(now, closedUntil);
  const from = Math.max(state.next, start);
  const every = everyOf(state, from, cost, known);
  const isSearching = state.way !== HOLD && every === cost / rateAt(state, from, cost);
  const isGuess = isSearching && state.way === FREE;
  const reply = {
    now,
    closedUntil,
    backAt: state.backAt,
    goodFor: isSearching ? GOOD_SEARCHING_MS : GOOD_MS,
    rate: every > 0 && !isGuess ? cost / every : 0,
    burst: state.burst,
  };
  // a request that had no slot takes one afterwards, unless it was sent while all were away from the store
  if (cost > 0) {
    const next = state.next + Math.max(-AHEAD_MS, (every * extra) / cost);
    state.next = Math.min(next, Math.max(state.next, now + (now < state.backAt ? 0 : AHEAD_MS)));
  }
  state.granted += extra;
  if (want === 0) return { ...reply, first: start, every, count: 0 };
  const ahead = isSearching ? AHEAD_SEARCHING_MS : AHEAD_MS;
  const count = Math.max(1, Math.min(want, every > 0 ? Math.floor(ahead / every) : want));
  const saved = closedUntil > now || known > 0 || now < state.backAt + BACK_MS ? 0 : depthOf(state, cost) * every;
  const next = Math.max(state.next, start - saved);
  const isSaved = next + count * every <= start;
  const due = isSaved ? start : Math.max(next, start - Math.min(saved, MOST_PAST_MS));
  const isTooLate = due - now > within;
  // a call that cannot wait for its slot may go at once while the window has enough left
  const isAtOnce = isTooLate && saved > 0 && fitsWindows(state, now, count, cost);
  if (isTooLate && !isAtOnce) return { ...reply, first: due, every, count: 0 };
  const first = isAtOnce ? now : due;
  if (state.way === HOLD) state.since += Math.max(0, start - state.next);
  state.next = isAtOnce ? next : (isSaved ? next : first) + count * every;
  if (every === LONGEST_EVERY_MS) state.next = Math.min(state.next, start + every);
  const isUsed = state.accepted + UNREPORTED >= 0.5 * state.granted;
  if (state.way === SEARCH && isUsed && every === cost / state.base) {
    const time = Math.min(LONGEST_RAISE_MS, Math.max(0, first - state.used));
    state.base *= Math.exp(time / 1_000);
  }
  state.used = Math.max(state.used, first);
  state.every = every;
  state.granted += count * cost;
  subtractReserved(state, isAtOnce ? now : Math.max(now, state.next), count, cost);
  return { ...reply, first, every: isSaved || isAtOnce ? 0 : every, count };
}

/** The reply while the group waits for reports after a refusal: it reserves nothing, and the process asks again once the limit is open. */
function replyWhileLearning({ closedUntil, backAt, burst }: LimitState, now: number, { want, known }: Question): Reply {
  const first = Math.max(now, closedUntil);
  const every = known > 0 ? 1 / known : 0;
  return {
    now,
    closedUntil,
    backAt,
    goodFor: GOOD_LEARNING_MS,
    rate: 0,
    burst,
    first,
    every,
    count: Math.min(1, want),
  };
}

function depthOf(state: LimitState, cost: number): number {
  const told = toldDepth(state, cost);
  if (told < Infinity) return told;
  return state.way === FREE ? FIRST_SLOTS : state.depth / Math.max(1, cost);
}
