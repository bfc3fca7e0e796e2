import type { Question, Reply } from './state.ts';

/** One reply reserves this many slots at most. */
export const MOST_SLOTS = 1_000;
/** The longest wait that a reply may ask for, ms: two days, since a server may ask for one day. */
export const LONGEST_WAIT = 172_800_000;
/** A slot lapses once it was due this long ago, ms. */
export const LAPSED = 500;

/** Whether a reply can be one of `decide`. Another program may have corrupted the place. */
export function isUsable(reply: Reply, { want, within }: Pick<Question, 'want' | 'within'>): boolean {
  const { now, first, every, count, closedUntil, goodFor, rate, burst, backAt } = reply ?? {};
  if (![now, first, every, closedUntil, goodFor, rate, burst, backAt].every(Number.isFinite)) return false;
  if (every < 0 || goodFor <= 0 || now - first > LAPSED) return false;
  if (Math.max(every, first - now, closedUntil - now, backAt - now) > LONGEST_WAIT) return false;
  return Number.isInteger(count) && (count >= Math.min(1, want) || first - now > within) && count <= MOST_SLOTS;
}
