import type { LimitState, Told, ToldQuota } from './state.ts';

/** More quotas are not looked at. */
export const MOST_QUOTAS = 8;
/** A quota that was not mentioned for two windows and so long is forgotten, ms. */
const SILENT = 10_000;
/** So is one that this many answers in a row did not mention: a proxy may have made it up. */
const UNMENTIONED = 20;
/** What comes back by itself is measured over so long; over the shorter time while nothing is missing, ms. */
const MEASURED = 1_000;
const MEASURED_FULL = 250;
/** What comes back slowly is not seen sooner than this, ms. */
const JUDGED = 400;
/**
 * A bucket that is fuller than the level that is kept is brought to it in about so long, since what it cannot hold is lost, ms. An emptier one
 * more slowly: slots that are reserved show only when they are sent, and a correction that is made again empties and fills it by turns.
 */
const EMPTIED = 400;
const FILLED = 800;
/** So many signs make a window. */
const WINDOW = 2;
/** So much of what was measured is left after a refusal. */
const CONTRADICTED = 0.8;
/** And so much of the trust. */
const DISTRUSTED = 0.9;
/** So many requests are evidence. */
const ENOUGH = 5;
/** The ends of two windows show how long one is where so many answers told each. */
const FEW = 3;
/** A reset that is said to be nearer than this is taken for this, ms. */
const SOONEST = 50;
/** A reset in whole seconds may be so much nearer, ms. */
const ROUNDED = 1_000;
/** Ends that are told so far apart, of a window that is longer, are those of two windows, also where they are told rounded up, ms. */
const RENEWED = 3_000;
/** Just under what the server told. */
const UNDER = 0.995;
/** The longest time between two slots, whatever the server said: so a call finds out whether anything is left, ms. */
export const LONGEST_TOLD = 60_000;
/** What is left beyond half of the most that there was is spent in about so long, ms. */
const SPENT = 10_000;
/** This long after processes returned to the place, all have reported, ms. */
export const BACK = 1_000;
/** Slots that are reserved further ahead are not counted, ms. */
const LONGEST_AHEAD = 60_000;

/**
 * Records what a response said about a quota, less the slots that are reserved and not sent yet. When processes return to the place,
 * it is not known yet what all have spent: nothing is measured then.
 */
export function hear(state: LimitState, quota: ToldQuota, lastRate: number): void {
  const { name, at, remaining, limit, reset, window } = quota;
  const known = state.told.get(name);
  if (known) known.heardIn = state.requests;
  if (known ? at < known.heardAt : state.told.size >= MOST_QUOTAS) return;
  // one of another size is another quota, as where a server tells the scarcest of several
  const old = known && limit > 0 && limit !== known.limit ? undefined : known;
  const isBack = at < state.backAt + BACK;
  const { signs, ...ends } = endsOf(old, at, at + reset, remaining);
  const longest = Math.max(old?.window ?? 0, reset, SOONEST);
  const isWindow = old !== undefined && signs >= WINDOW;
  const length = window > 0 ? window : isWindow && ends.apart > 0 ? Math.min(ends.apart, longest) : longest;
  let resetAt = at + (reset > 0 ? Math.min(reset, length) : length);
  // a reset in whole seconds, rounded up, never comes nearer, so the earliest end counts; a slot after it may have moved `old.resetAt`
  if (isWindow && ends.answers > 1) resetAt = Math.min(resetAt, ...[old.resetAt, ends.endAt].filter((end) => at < end));
  const most = Math.max(old?.most ?? 0, remaining);
  const spent = countsRequests(name) ? state.requests : state.cost;
  const told: Told = {
    limit: limit > 0 ? limit : Math.max(old?.limit ?? 1, most),
    window: length,
    left: remaining,
    leftAt: at,
    heardAt: at,
    heardIn: state.requests,
    resetAt,
    most,
    refill: old?.refill ?? (isBack && !countsRequests(name) ? lastRate : 0),
    signs,
    seen: old?.seen ?? remaining,
    spent: old?.spent ?? spent,
    seenAt: old?.seenAt ?? at,
    ...ends,
  };
  if (isBack) begin(told, at, remaining, spent);
  else if (old) measure(told, at, remaining, spent);
  // while the limit is closed no slot is reserved
  const ahead = Math.min(state.next - Math.max(at, state.closedUntil), LONGEST_AHEAD);
  if (state.every > 0 && ahead > 0) {
    told.left += (told.refill - 1 / state.every) * ahead;
    told.leftAt += ahead;
  }
  state.told.set(name, told);
}

/** The ends of this window and the one before, as told. A quota of which little is left though a later end is told is no window: one that slides. */
function endsOf(
  old: Told | undefined,
  at: number,
  endAt: number,
  said: number,
): Pick<Told, 'said' | 'answers' | 'endAt' | 'endBefore' | 'apart' | 'signs'> {
  if (!old) return { said, answers: 1, endAt, endBefore: 0, apart: 0, signs: 0 };
  const { answers, endBefore, apart, signs } = old;
  if (said <= old.said + Math.max(1, 0.3 * old.most)) {
    const isOver = old.window > RENEWED && endAt > at && endAt > old.endAt + RENEWED && said < 0.5 * old.most;
    return {
      said,
      answers: answers + 1,
      endAt: Math.min(old.endAt, endAt),
      endBefore,
      apart,
      signs: isOver ? 0 : signs,
    };
  }
  const isKnown = answers >= FEW;
  const seconds = Math.round((old.endAt - endBefore) / ROUNDED) * ROUNDED;
  const isShorter = isKnown && seconds > 0 && seconds < (apart || old.window);
  return { said, answers: 1, endAt, endBefore: isKnown ? old.endAt : 0, apart: isShorter ? seconds : apart, signs };
}

/** What came back by itself since the last measurement. In a window nothing does. */
function measure(told: Told, at: number, remaining: number, allSpent: number): void {
  const time = at - told.seenAt;
  const spent = allSpent - told.spent;
  const full = told.most - 1.5;
  const isFull = told.seen >= full || remaining >= full;
  // a measurement in which a window is renewed shows nothing
  const least = Math.min(MEASURED, Math.max(JUDGED + 1, (told.apart || told.window) / 3));
  if (time < (isFull ? MEASURED_FULL : least) || spent < ENOUGH) return;
  const came = remaining - told.seen + spent;
  const isNew = remaining - told.seen > 0.5 * told.most;
  if (!isNew && came <= 0.2 * spent && time > JUDGED) told.signs = Math.min(3, told.signs + 1);
  else if (!isNew && told.seen >= full && came >= 0.8 * spent) told.signs = Math.max(0, told.signs - 1);
  if (!isNew && told.signs < WINDOW) {
    const seen = Math.min(Math.max(0, came) / time, 2 * Math.max(told.refill, told.limit / told.window));
    if (isFull) told.refill = Math.max(told.refill, seen);
    else told.refill = told.refill > 0 ? told.refill + (seen > told.refill ? 0.25 : 0.5) * (seen - told.refill) : seen;
  }
  begin(told, at, remaining, allSpent);
}

/** A measurement begins. */
function begin(told: Told, at: number, remaining: number, allSpent: number): void {
  told.seen = remaining;
  told.spent = allSpent;
  told.seenAt = at;
}

/**
 * A refusal contradicts what was measured: it comes back slower. It contradicts what is told, too, unless it says itself that a window is used
 * up, and asks for no shorter wait: others may have used it, and what is told is as true as before when they are gone.
 */
export function contradict(state: LimitState, askedUntil: number): void {
  let isUsedUp = false;
  for (const told of state.told.values()) {
    told.refill *= CONTRADICTED;
    const isAsked = told.resetAt <= askedUntil + ROUNDED;
    isUsedUp ||= isAsked && told.signs >= WINDOW && told.said < 1 && told.heardAt >= state.refusedAt;
  }
  if (!isUsedUp) state.trust *= DISTRUSTED;
}

/** Milliseconds between two calls of a cost at a time, by the scarcest quota; 0: none is told, or what is told is not trusted. */
export function toldEvery(state: LimitState, at: number, cost: number): number {
  let every = 0;
  // slots may be reserved far ahead, so how long it was silent counts from now
  const now = state.seen + state.lost;
  for (const [name, told] of state.told) {
    const isSilent = now > told.resetAt + 2 * told.window + SILENT || state.requests - told.heardIn >= UNMENTIONED;
    if (isSilent) state.told.delete(name);
    else if (state.trust > 0.5)
      every = Math.max(every, Math.min(LONGEST_TOLD, unitsOf(name, cost) / rateOf(told, at, state.trust)));
  }
  return every;
}

/** A bucket: what comes back, and a little more or less as it is full or empty. A window: evenly, or what is left of it. */
function rateOf(told: Told, at: number, trust: number): number {
  const { limit, window, resetAt, most, refill, signs } = told;
  const until = Math.max(SOONEST, at > resetAt ? window : resetAt - at);
  const even = limit / window;
  const base = Math.max(refill, even);
  const left = leftAt(told, at);
  const spare = left - Math.min(most / 3, 2 + 100 * base);
  const plenty = Math.max(0, left - most / 2) / SPENT;
  if (signs < WINDOW)
    return (
      trust *
      UNDER *
      (base + Math.min(Math.max(plenty, 0.5 * base), Math.max(-0.5 * base, spare / EMPTIED, spare / FILLED)))
    );
  return trust * UNDER * Math.max(plenty, left >= even * (until - ROUNDED) ? even : Math.max(1, spare) / until);
}

/** What is left at a time, if nothing is sent. After its reset there is again as much as there ever was. */
function leftAt({ left, leftAt, resetAt, most, refill }: Told, at: number): number {
  return at > resetAt ? most : Math.min(most, left + refill * Math.max(0, at - leftAt));
}

/** Whether all told quotas are windows that have so many more slots left now, and none is about to be reset. */
export function isLeft(state: LimitState, now: number, count: number, cost: number): boolean {
  if (state.trust <= 0.5 || state.told.size === 0) return false;
  for (const [name, told] of state.told) {
    // where slots after the reset are reserved already, what is left is of the next window
    const isThis = now >= told.resetAt - told.window && now <= told.resetAt - ROUNDED;
    if (told.signs < WINDOW || !isThis || leftAt(told, now) < count * unitsOf(name, cost)) return false;
  }
  return true;
}

/** Slots were reserved, the last one for this time. */
export function spend(state: LimitState, at: number, count: number, cost: number): void {
  for (const [name, told] of state.told) {
    told.left = leftAt(told, at) - count * unitsOf(name, cost);
    told.leftAt = Math.max(told.leftAt, at);
    if (at > told.resetAt) told.resetAt = at + told.window;
  }
}

/** How many calls of a cost may be saved up while quotas are told: as many as the most that was left of each. `Infinity` where none is told. */
export function toldDepth(state: LimitState, cost: number): number {
  let depth = Infinity;
  if (state.trust > 0.5)
    for (const [name, { most }] of state.told) depth = Math.min(depth, most / Math.max(1, unitsOf(name, cost)));
  return depth;
}

/**
 * The trust that an accepted request wins back: as many requests as the largest window has, a hundred at most, win back a fifth of what a refusal
 * takes, since a true window refuses now and then at its edge, however small it is. Of a bucket, and once half of the trust is gone, it takes a hundred.
 */
export function regained(state: LimitState): number {
  let largest = state.trust > 0.5 ? 1 : 100;
  for (const { limit, signs } of state.told.values()) largest = Math.max(largest, signs < WINDOW ? 100 : limit);
  return 0.02 / Math.min(100, largest);
}

/** A quota of requests counts each call once. */
function unitsOf(name: string, cost: number): number {
  return countsRequests(name) ? 1 : cost;
}

function countsRequests(name: string): boolean {
  return name.includes('request');
}
