/**
 * The longest wait to accept from a server, in milliseconds, unless an option says otherwise: many windows are a minute long, their ends
 * are told in whole seconds, and there is room to spread it.
 */
export const LONGEST_WAIT = 65_000;

/** A wait of the server is spread by so many milliseconds at most. */
const MAX_SPREAD = 5_000;

/**
 * By how many milliseconds a wait of the server may be longer than asked, so that clients that were refused together do not come back
 * together: a share of it, 5 s at most, as far as there is room.
 */
export function mostSpread(asked: number, room: number, share = 0.2): number {
  return Math.max(0, Math.min(asked * share, MAX_SPREAD, room));
}
