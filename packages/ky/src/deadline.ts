import { type Clock, monotonic } from '@steadfetch/core';
import type { Options } from 'ky';

/**
 * What is left of ky's `totalTimeout`, which runs from the start of the call: by ky's own clock or by ours, whichever is
 * further on. Two milliseconds less than that, since a timer drops fractions and may fire early, and a retry must not be
 * announced which ky then forbids.
 */
export function remainingOf(options: Options, clock: Clock): () => number {
  const now = monotonic(clock);
  const startedAt = now();
  const kyStartedAt = kyTime();
  return () => {
    const { totalTimeout } = options;
    const elapsed = Math.max(now() - startedAt, kyTime() - kyStartedAt);
    return typeof totalTimeout === 'number' ? totalTimeout - 2 - elapsed : Infinity;
  };
}

/** As ky reads it. */
export function kyTime(): number {
  return globalThis.performance?.now() ?? Date.now();
}
