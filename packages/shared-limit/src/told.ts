import type { LimitState, Told, ToldQuota } from './state.ts';

/** A limit keeps this many quotas at most, and ignores others. */
export const MOST_QUOTAS = 8;
/** A quota is forgotten if no answer mentioned it for two windows and this long, ms. */
const FORGOTTEN_AFTER_MS = 10_000;
/** A quota is also forgotten if this many accepted answers in a row did not mention it: a proxy may have made it up. */
const MOST_UNMENTIONED = 20;
/** The refill is measured over this time at least, or a third of a shorter window; over the second time if the quota is full at its start or end, ms. */
const MEASURE_MS = 1_000;
const MEASURE_FULL_MS = 250;
/** A shorter measurement does not decide between a bucket and a window, since a slow refill does not show sooner, ms. */
const JUDGE_MS = 400;
/** A measurement needs this many requests. */
const MIN_MEASURED = 5;
/**
 * What is left of a bucket is brought back to the reserve in about this time, ms. Fast if it is too full, since a full bucket loses its refill. Slowly if
 * it is too empty: reserved slots show only once they are sent, so a fast correction would be repeated, and the level would swing.
 */
const DRAIN_MS = 400;
const FILL_MS = 800;
/** A quota is a window, not a bucket, once it has this many signs: measurements in which nothing came back. */
const WINDOW_SIGNS = 2;
/** What is gone from a quota shows what it counts only if the cost of the calls is more than so many times what may be refilled, and than so many times their number. */
const MIN_PER_REFILL = 3;
const MIN_PER_REQUEST = 4;
/** A refusal reduces the measured refill, and the trust in all quotas, to this share. */
const REFILL_LEFT = 0.8;
const TRUST_LEFT = 0.9;
/** A window's end is trusted once this many answers reported it. Two ends in a row then show how long a window is. */
const MIN_REPORTS_PER_WINDOW = 3;
/** A reset that is nearer counts as if it were this far away, ms. */
const SHORTEST_RESET_MS = 50;
/** A reset in whole seconds may be up to this much nearer than reported, ms. */
const ROUNDING_MS = 1_000;
/** If two reported ends of a window that is longer than this lie further apart than this, they are of two windows, even if both are rounded up, ms. */
const NEXT_WINDOW_MS = 3_000;
/** The pace is this share of what the server reports. */
const UNDER = 0.995;
/** The longest time between two slots, whatever the server reports, ms: so a call finds out whether anything is left. */
export const LONGEST_EVERY_MS = 60_000;
/** The part of what is left that exceeds half of the most that was ever left is spent within about this time, ms. */
const SURPLUS_MS = 10_000;
/** This long after processes returned to the store, all have reported, ms. */
export const BACK_MS = 1_000;
/** Slots that are reserved further ahead than this do not reduce a quota, ms. */
const LONGEST_AHEAD_MS = 60_000;

/**
 * Records what a response reported about a quota, minus the slots that are reserved and not sent yet. For a second after processes return to
 * the store it does not measure: some have not reported yet what they spent.
 */
export function recordQuota(state: LimitState, quota: ToldQuota, lastRate: number): void {
  const { name, at, remaining, limit, reset, window } = quota;
  const known = state.told.get(name);
  if (known) known.heardIn = state.requests;
  if (known ? at < known.heardAt : state.told.size >= MOST_QUOTAS) return;
  // another limit means another quota: a server may report the scarcest of several under one name
  const old = known && limit > 0 && limit !== known.limit ? undefined : known;
  const isBack = at < state.backAt + BACK_MS;
  const most = Math.max(old?.most ?? 0, remaining);
  const isOfRequests = countsRequests(state, quota, old, Math.max(limit, most));
  const measured = old?.isOfRequests === isOfRequests ? old : undefined;
  const ends = endsOf(old, at, at + reset, remaining);
  const signs = measured ? ends.signs : 0;
  const longest = Math.max(old?.window ?? 0, reset, SHORTEST_RESET_MS);
  const isWindow = old !== undefined && signs >= WINDOW_SIGNS;
  const length = window > 0 ? window : isWindow && ends.apart > 0 ? Math.min(ends.apart, longest) : longest;
  let resetAt = at + (reset > 0 ? Math.min(reset, length) : length);
  // resets are rounded up to whole seconds, so the earliest reported end is nearest to the truth; a slot after it may have moved `old.resetAt`
  if (isWindow && ends.answers > 1) resetAt = Math.min(resetAt, ...[old.resetAt, ends.endAt].filter((end) => at < end));
  const told: Told = {
    limit: limit > 0 ? limit : Math.max(old?.limit ?? 1, most),
    window: length,
    left: remaining,
    leftAt: at,
    heardAt: at,
    heardIn: state.requests,
    resetAt,
    most,
    isOfRequests,
    refill: measured?.refill ?? (isBack && !isOfRequests ? lastRate : 0),
    seen: measured?.seen ?? remaining,
    spent: measured?.spent ?? state.cost,
    sent: measured?.sent ?? state.requests,
    seenAt: measured?.seenAt ?? at,
    ...ends,
    signs,
  };
  if (isBack) startMeasure(state, told, at, remaining);
  else if (measured) measure(state, told, at, remaining);
  // no slot lies in the time in which the limit is closed
  const ahead = Math.min(state.next - Math.max(at, state.closedUntil), LONGEST_AHEAD_MS);
  if (state.every > 0 && ahead > 0) {
    told.left += (told.refill - 1 / state.every) * ahead;
    told.leftAt += ahead;
  }
  state.told.set(name, told);
}

/** The reported ends of this window and the one before. A later end while little is left drops the signs of a fixed window: the quota slides. */
function endsOf(
  old: Told | undefined,
  at: number,
  endAt: number,
  said: number,
): Pick<Told, 'said' | 'answers' | 'endAt' | 'endBefore' | 'apart' | 'signs'> {
  if (!old) return { said, answers: 1, endAt, endBefore: 0, apart: 0, signs: 0 };
  const { answers, endBefore, apart, signs } = old;
  if (said <= old.said + Math.max(1, 0.3 * old.most)) {
    const isSliding =
      old.window > NEXT_WINDOW_MS && endAt > at && endAt > old.endAt + NEXT_WINDOW_MS && said < 0.5 * old.most;
    return {
      said,
      answers: answers + 1,
      endAt: Math.min(old.endAt, endAt),
      endBefore,
      apart,
      signs: isSliding ? 0 : signs,
    };
  }
  const isKnown = answers >= MIN_REPORTS_PER_WINDOW;
  const seconds = Math.round((old.endAt - endBefore) / ROUNDING_MS) * ROUNDING_MS;
  const isShorter = isKnown && seconds > 0 && seconds < (apart || old.window);
  return { said, answers: 1, endAt, endBefore: isKnown ? old.endAt : 0, apart: isShorter ? seconds : apart, signs };
}

/** Measures the refill since the last measurement. A bucket refills between requests; a window does not before its reset. */
function measure(state: LimitState, told: Told, at: number, remaining: number): void {
  const time = at - told.seenAt;
  const spent = told.isOfRequests ? state.requests - told.sent : state.cost - told.spent;
  const full = told.most - 1.5;
  const isFull = told.seen >= full || remaining >= full;
  // a measurement across a reset shows nothing, so a third of a short window is enough
  const least = Math.min(MEASURE_MS, Math.max(JUDGE_MS + 1, (told.apart || told.window) / 3));
  if (time < (isFull ? MEASURE_FULL_MS : least) || spent < MIN_MEASURED) return;
  const refilled = remaining - told.seen + spent;
  const isReset = remaining - told.seen > 0.5 * told.most;
  if (!isReset && refilled <= 0.2 * spent && time > JUDGE_MS) told.signs = Math.min(3, told.signs + 1);
  else if (!isReset && told.seen >= full && refilled >= 0.8 * spent) told.signs = Math.max(0, told.signs - 1);
  if (!isReset && told.signs < WINDOW_SIGNS) {
    const seen = Math.min(Math.max(0, refilled) / time, 2 * Math.max(told.refill, told.limit / told.window));
    if (isFull) told.refill = Math.max(told.refill, seen);
    else told.refill = told.refill > 0 ? told.refill + (seen > told.refill ? 0.25 : 0.5) * (seen - told.refill) : seen;
  }
  startMeasure(state, told, at, remaining);
}

function startMeasure({ cost, requests }: LimitState, told: Told, at: number, remaining: number): void {
  told.seen = remaining;
  told.spent = cost;
  told.sent = requests;
  told.seenAt = at;
}

/**
 * Reduces the measured refill, and the trust in the quotas, after a refusal. The trust stays if an answer that came after the refused
 * request was sent says that a window is used up, and the refusal asks to wait for its reset, or for no time: then other clients used the window, and the report is right.
 */
export function reduceTrust(state: LimitState, askedUntil: number): void {
  let isUsedUp = false;
  for (const told of state.told.values()) {
    told.refill *= REFILL_LEFT;
    const isAsked = told.resetAt <= askedUntil + ROUNDING_MS;
    isUsedUp ||= isAsked && told.signs >= WINDOW_SIGNS && told.said < 1 && told.heardAt >= state.refusedAt;
  }
  if (!isUsedUp) state.trust *= TRUST_LEFT;
}

/** Milliseconds between two calls of this cost, by the scarcest quota; 0: no quota is reported, or the reports are not trusted. Forgets silent quotas. */
export function toldEvery(state: LimitState, at: number, cost: number): number {
  let every = 0;
  // `at` may be far ahead, so the silence is measured until now
  const now = state.seen + state.lost;
  for (const [name, told] of state.told) {
    const isSilent =
      now > told.resetAt + 2 * told.window + FORGOTTEN_AFTER_MS || state.requests - told.heardIn >= MOST_UNMENTIONED;
    if (isSilent) state.told.delete(name);
    else if (state.trust > 0.5)
      every = Math.max(every, Math.min(LONGEST_EVERY_MS, unitsOf(told, cost) / toldRate(told, at, state.trust)));
  }
  return every;
}

/**
 * The rate that a quota allows. A bucket: its refill, and up to a half more or less to keep a reserve in it. A window: its limit spread evenly, or,
 * if less is left than that takes, what is left spread until the reset. Either is faster if the surplus over half of the most that was left is.
 */
function toldRate(told: Told, at: number, trust: number): number {
  const { limit, window, resetAt, most, refill, signs } = told;
  const until = Math.max(SHORTEST_RESET_MS, at > resetAt ? window : resetAt - at);
  const even = limit / window;
  const base = Math.max(refill, even);
  const left = leftAt(told, at);
  const spare = left - Math.min(most / 3, 2 + 100 * base);
  const surplus = Math.max(0, left - most / 2) / SURPLUS_MS;
  if (signs < WINDOW_SIGNS)
    return (
      trust *
      UNDER *
      (base + Math.min(Math.max(surplus, 0.5 * base), Math.max(-0.5 * base, spare / DRAIN_MS, spare / FILL_MS)))
    );
  return trust * UNDER * Math.max(surplus, left >= even * (until - ROUNDING_MS) ? even : Math.max(1, spare) / until);
}

/** What is left of a quota at a time if nothing is sent until then. After the reset that is the most that was ever left. */
function leftAt({ left, leftAt, resetAt, most, refill }: Told, at: number): number {
  return at > resetAt ? most : Math.min(most, left + refill * Math.max(0, at - leftAt));
}

/** Whether all quotas are windows in which `count` more calls fit now, and no reset is near. */
export function fitsWindows(state: LimitState, now: number, count: number, cost: number): boolean {
  if (state.trust <= 0.5 || state.told.size === 0) return false;
  for (const told of state.told.values()) {
    // once slots after the reset are reserved, `left` is that of the next window
    const isThis = now >= told.resetAt - told.window && now <= told.resetAt - ROUNDING_MS;
    if (told.signs < WINDOW_SIGNS || !isThis || leftAt(told, now) < count * unitsOf(told, cost)) return false;
  }
  return true;
}

/** Subtracts `count` reserved slots, the last of them at `at`, from all quotas. */
export function subtractReserved(state: LimitState, at: number, count: number, cost: number): void {
  for (const told of state.told.values()) {
    told.left = leftAt(told, at) - count * unitsOf(told, cost);
    told.leftAt = Math.max(told.leftAt, at);
    if (at > told.resetAt) told.resetAt = at + told.window;
  }
}

/** How many calls of this cost may be saved up: the most that was ever left of the scarcest quota. `Infinity` if none is reported. */
export function toldDepth(state: LimitState, cost: number): number {
  let depth = Infinity;
  if (state.trust > 0.5)
    for (const told of state.told.values()) depth = Math.min(depth, told.most / Math.max(1, unitsOf(told, cost)));
  return depth;
}

/**
 * The trust that one accepted request restores. A full window restores 0.02, a fifth of what a refusal takes, since even a window that is reported
 * correctly refuses now and then at its edge. With a bucket, with a larger window, and once half of the trust is gone, 0.02 takes a hundred requests.
 */
export function trustRegained(state: LimitState): number {
  let largest = state.trust > 0.5 ? 1 : 100;
  const mean = state.cost / Math.max(1, state.requests);
  for (const told of state.told.values())
    largest = Math.max(largest, told.signs < WINDOW_SIGNS ? 100 : told.limit / Math.max(1, unitsOf(told, mean)));
  return 0.02 / Math.min(100, largest);
}

/** A quota of requests counts each call once. */
function unitsOf({ isOfRequests }: Told, cost: number): number {
  return isOfRequests ? 1 : cost;
}

/**
 * Whether a quota counts requests: if its name says so; or if what is gone from it since the measurement began is nearer to the number of requests
 * than to their cost, and a refill cannot explain that; a refill of the whole quota explains anything. A new quota does if accepted calls cost more
 * than all of it on average.
 */
function countsRequests(
  state: LimitState,
  { name, at, remaining }: ToldQuota,
  old: Told | undefined,
  limit: number,
): boolean {
  if (/request/i.test(name)) return true;
  if (!old) return state.cost > limit * Math.max(1, state.requests);
  const [gone, cost, requests] = [old.seen - remaining, state.cost - old.spent, state.requests - old.sent];
  const refilled = ((MEASURE_MS + at - old.seenAt) * limit) / old.window;
  const isKnown =
    gone >= 0 &&
    refilled < limit &&
    at <= old.resetAt &&
    cost > Math.max(MIN_PER_REFILL * refilled, MIN_PER_REQUEST * requests);
  return isKnown ? gone ** 2 < cost * requests : old.isOfRequests;
}
