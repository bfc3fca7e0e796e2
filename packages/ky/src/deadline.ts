import { type Clock, monotonic } from '@steadfetch/core';
import type { Options } from 'ky';

/** So much earlier than asked a timer may fire, in milliseconds: it drops fractions. */
const EARLY = 2;
/** ky's own default for `timeout`. */
const TIMEOUT = 10_000;

/**
 * What is left of a limit of ky, which runs from now on and may change. A little less, since ky's timer may fire early,
 * and a retry must not be announced which ky then forbids.
 */
export function remainingOf(limit: () => number | false | undefined, clock: Clock): () => number {
  const now = monotonic(clock);
  const startedAt = now();
  return () => {
    const given = limit();
    return typeof given === 'number' ? given - EARLY - (now() - startedAt) : Infinity;
  };
}

/** ky's limit for one request. */
export function timeoutOf({ timeout }: Options): number | false {
  return timeout ?? TIMEOUT;
}

/** Whether ky's `timeout` may have ended a request that began then, by `kyTime`. */
export function mayHaveTimedOut(options: Options, startedAt: number): boolean {
  const timeout = timeoutOf(options);
  return timeout !== false && kyTime() >= startedAt + timeout - EARLY;
}

/** As ky reads it. */
export function kyTime(): number {
  return globalThis.performance?.now() ?? Date.now();
}
