import { type Clock, monotonic } from '@steadfetch/core';
import type { Options } from 'ky';

/** A timer may fire up to 2 ms early, since it drops fractions of a millisecond. */
const TIMER_EARLY_MS = 2;
const KY_DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Returns a function for the time left of one of ky's time limits, in milliseconds. The limit runs from now on, and its length may
 * change. The result is 2 ms too small, since ky's timer may fire early: we must not announce a retry that ky then prevents.
 */
export function remainingOf(limit: () => number | false | undefined, clock: Clock): () => number {
  const now = monotonic(clock);
  const startedAt = now();
  return () => {
    const ms = limit();
    return typeof ms === 'number' ? ms - TIMER_EARLY_MS - (now() - startedAt) : Infinity;
  };
}

/** ky's time limit for one request. */
export function timeoutOf({ timeout }: Options): number | false {
  return timeout ?? KY_DEFAULT_TIMEOUT_MS;
}

/** Whether a time limit of ky that began at `startedAt`, by `kyTime()`, may be over. */
export function mayBeOver(limit: number | false | undefined, startedAt: number): boolean {
  return typeof limit === 'number' && kyTime() >= startedAt + limit - TIMER_EARLY_MS;
}

/** The time in milliseconds, from the clock that ky uses. */
export function kyTime(): number {
  return globalThis.performance?.now() ?? Date.now();
}
