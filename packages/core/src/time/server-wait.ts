/**
 * The longest wait to accept from a server by default, in milliseconds. Many rate limit windows last a minute. The other 5 s are for
 * servers that round up to whole seconds, and for the spread.
 */
export const LONGEST_WAIT = 65_000;

/** A wait becomes at most this much longer, in milliseconds. */
const MAX_SPREAD = 5_000;

/**
 * How many milliseconds may be added to a wait that a server asks for, so that clients that were refused together do not return
 * together: a share of the wait, at most `MAX_SPREAD` and `room`.
 */
export function mostSpread(asked: number, room: number, share = 0.2): number {
  return Math.max(0, Math.min(asked * share, MAX_SPREAD, room));
}
