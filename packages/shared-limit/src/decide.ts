import { learn } from './learn.ts';
import { everyOf, FIRST, isTrying, rateAt } from './pace.ts';
import { type Entry, FREE, HOLD, type LimitState, type Question, type Refusal, type Reply, SEARCH } from './state.ts';
import { keep } from './tidy.ts';
import { BACK, contradict, hear, isLeft, LONGEST_TOLD, regained, spend, toldDepth } from './told.ts';

/** After this long without a call a limit that refused nothing may be full again, ms. */
const IDLE = 1_000;
/** A search grows by e to the power of `RAISE` in a second; one reservation adds the growth of `LEAP` at most, ms. */
const RAISE = 1;
const LEAP = 250;
/** A search grows while half of the reserved slots were used; this many more may be used and not reported yet. */
const UNREPORTED = 10;
/** This many refusals that may be noise prove a limit if they come close together: eight acceptances cancel one. */
const PROVEN = 4;
const OUTVOTED = 1 / 8;
/** After this many refusals that had no other near them, a refusal may be noise. */
const SEEN = 2;
/** How long the reports of other processes are awaited after a refusal, ms. */
const REPORTS = 250;
/** A closing that the server did not ask for: the shortest, doubled while nothing is accepted, and the longest, ms. */
const SHORTEST = REPORTS;
const LONGEST = 3_000;
/** How far ahead slots are reserved by one question, ms; `AHEAD_BLIND` while the limit is searched for. */
const AHEAD = 1_000;
const AHEAD_BLIND = 8;
/** How long slots may be used without asking again, since the limit may be closed meanwhile, ms; `GOOD_BLIND` while it is searched for. */
const GOOD = 250;
const GOOD_BLIND = 30;
/** The same for a slot that is returned while a refusal is learned from: the process asks again before it uses it, ms. */
const AGAIN = 1;
/** When one process stops using the place, all do. They return together after this long at the earliest, ms. */
const TOGETHER = 3_000;
/** How far in the past the first of several saved slots may lie, ms. */
const LATE = 40;

/**
 * Answers one question about a limit: counts the reports, and reserves slots. Changes the state; `undefined` begins a new one. `at` is the
 * time of the place in ms, by one clock for all processes, read while no other question is being answered.
 */
export function decide(known: LimitState | undefined, at: number, question: Question): [LimitState, Reply] {
  const state = known ?? begin(at, question);
  const now = timeOf(state, at);
  if (state.way === FREE && now - state.used > IDLE && state.refusedAt === 0) restart(state, now);
  // the clock of a process may have stepped forward: what it reports for later than now would outlive what is said after it
  const past = (time: number) => Math.min(now, time);
  for (const { from, to, cost } of question.accepted) accept(state, { from: past(from), to: past(to), cost });
  if (question.aloneFor !== undefined) leave(state, now, question.aloneFor);
  state.requests += question.requests;
  outvote(state, question.requests);
  for (const quota of question.quotas) hear(state, { ...quota, at: past(quota.at) }, question.lastRate);
  if (question.refusal && isBelieved(state, now, question.refusal)) refuse(state, now, question.refusal, question.cost);
  const closedAt = state.counted - state.closure;
  if (state.refusedAt > 0 && now >= closedAt + Math.min(state.closure, REPORTS)) learn(state, question.cost);
  return [state, grant(state, now, question)];
}

/** The time, which goes on where the clock of the place is set back: what is reserved must not lie far ahead. */
function timeOf(state: LimitState, at: number): number {
  state.lost += Math.max(0, state.seen - at);
  state.seen = at;
  return at + state.lost;
}

function begin(now: number, { lastRate, lastBurst, aloneFor }: Question): LimitState {
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
    history: beginningAt(lastRate > 0 ? HOLD : FREE, now),
    told: new Map(),
  };
}

/** One process stops using the place, so all do. What is accepted until they return had no slot, and is not counted here. */
function leave(state: LimitState, now: number, aloneFor: number): void {
  state.backAt = Math.max(state.backAt > now ? state.backAt : now + TOGETHER, now + aloneFor);
  restart(state, state.backAt);
  state.refusedAt = 0;
}

/** Forgets the history. A limit that has refused may be used up now; one that has not may be full again. */
function restart(state: LimitState, at: number): void {
  state.history.splice(0, state.history.length, ...beginningAt(state.way, at));
  state.emptied = at;
  state.accepted = 0;
  state.begun = 0;
  state.granted = 0;
}

function beginningAt(way: LimitState['way'], at: number): Entry[] {
  return way === FREE ? [] : [{ from: at, to: at, cost: 0 }];
}

function accept(state: LimitState, entry: Entry): void {
  state.shut = 0;
  state.cost += entry.cost;
  state.trust = Math.min(1, state.trust + regained(state) * entry.cost);
  if (entry.to > state.emptied) {
    if (state.begun === 0) state.begun = entry.from;
    state.accepted += entry.cost;
  }
  if (entry.to > state.backAt) keep(state, entry);
}

/**
 * Whether a refusal counts. It does if it is not doubted, or while the pace is raised to find the limit, until several refusals had
 * no other near them. After that it counts only if several come close together.
 */
function isBelieved(state: LimitState, now: number, { isDoubted }: Refusal): boolean {
  if (state.alone < SEEN && (!isDoubted || state.way === SEARCH || isTrying(state, now))) return true;
  state.doubted++;
  if (state.doubted < PROVEN) return false;
  state.alone = 0;
  return true;
}

/** Acceptances cancel doubtful refusals. If a limit made those refusals, it was used up then: the history before them shows no burst. */
function outvote(state: LimitState, requests: number): void {
  if (state.doubted === 0) return;
  state.doubted = Math.max(0, state.doubted - OUTVOTED * requests);
  if (state.doubted === 0 && state.way === FREE) state.history.length = 0;
}

function refuse(state: LimitState, now: number, { at, closedUntil, every, wait }: Refusal, cost: number): void {
  const length = wait ?? Math.min(LONGEST, SHORTEST * 2 ** state.shut);
  const until = Math.ceil(now + length);
  if (closedUntil < state.counted) {
    if (wait !== undefined) state.closedUntil = Math.max(state.closedUntil, until);
    if (state.refusedAt > 0) state.refusedLast = Math.max(state.refusedLast, Math.min(now, at));
    state.next = Math.max(state.next, state.closedUntil);
  } else {
    if (state.refusedAt > 0) learn(state, cost);
    const apart = every > 0 ? every : everyOf(state, now, 1, 0);
    state.pace = apart > 0 ? 1 / apart : 0;
    state.closedUntil = Math.max(state.closedUntil + 1, until);
    state.refusedLast = Math.min(now, at);
    state.counted = state.closedUntil;
    state.closure = state.closedUntil - now;
    state.refusedAt = state.refusedLast;
    state.shut = Math.min(10, state.shut + 1);
    contradict(state, wait === undefined ? Infinity : until);
    state.next = state.closedUntil;
  }
}

function grant(state: LimitState, now: number, question: Question): Reply {
  const { want, cost, extra, known, within } = question;
  if (state.refusedAt > 0) return nothingYet(state, now, question);
  const { closedUntil } = state;
  const start = Math.max(now, closedUntil);
  const from = Math.max(state.next, start);
  const every = everyOf(state, from, cost, known);
  const isBlind = state.way !== HOLD && every === cost / rateAt(state, from, cost);
  const isGuess = isBlind && state.way === FREE;
  const reply = {
    now,
    closedUntil,
    backAt: state.backAt,
    goodFor: isBlind ? GOOD_BLIND : GOOD,
    rate: every > 0 && !isGuess ? cost / every : 0,
    burst: state.burst,
  };
  // a request without a slot takes one afterwards, but processes that return together owe nothing
  if (cost > 0) {
    const next = state.next + Math.max(-AHEAD, (every * extra) / cost);
    state.next = Math.min(next, Math.max(state.next, now + (now < state.backAt ? 0 : AHEAD)));
  }
  state.granted += extra;
  if (want === 0) return { ...reply, first: start, every, count: 0 };
  const ahead = isBlind ? AHEAD_BLIND : AHEAD;
  const count = Math.max(1, Math.min(want, every > 0 ? Math.floor(ahead / every) : want));
  const saved = closedUntil > now || known > 0 || now < state.backAt + BACK ? 0 : depthOf(state, cost) * every;
  const next = Math.max(state.next, start - saved);
  const isSaved = next + count * every <= start;
  const due = isSaved ? start : Math.max(next, start - Math.min(saved, LATE));
  const isTooLate = due - now > within;
  // to hold back a call that cannot wait for its share gains nothing while a window has some left
  const isAtOnce = isTooLate && saved > 0 && isLeft(state, now, count, cost);
  if (isTooLate && !isAtOnce) return { ...reply, first: due, every, count: 0 };
  const first = isAtOnce ? now : due;
  if (state.way === HOLD) state.since += Math.max(0, start - state.next);
  state.next = isAtOnce ? next : (isSaved ? next : first) + count * every;
  if (every === LONGEST_TOLD) state.next = Math.min(state.next, start + every);
  const isUsed = state.accepted + UNREPORTED >= 0.5 * state.granted;
  if (state.way === SEARCH && isUsed && every === cost / state.base) {
    const time = Math.min(LEAP, Math.max(0, first - state.used));
    state.base *= Math.exp((RAISE * time) / 1_000);
  }
  state.used = Math.max(state.used, first);
  state.every = every;
  state.granted += count * cost;
  spend(state, isAtOnce ? now : Math.max(now, state.next), count, cost);
  return { ...reply, first, every: isSaved || isAtOnce ? 0 : every, count };
}

/** While a refusal is being learned from nothing is reserved: once the limit is open, the place is asked again. */
function nothingYet({ closedUntil, backAt, burst }: LimitState, now: number, { want, known }: Question): Reply {
  const first = Math.max(now, closedUntil);
  const every = known > 0 ? 1 / known : 0;
  return { now, closedUntil, backAt, goodFor: AGAIN, rate: 0, burst, first, every, count: Math.min(1, want) };
}

function depthOf(state: LimitState, cost: number): number {
  const told = toldDepth(state, cost);
  if (told < Infinity) return told;
  return state.way === FREE ? FIRST : state.depth / Math.max(1, cost);
}
