import { type Clock, monotonic } from '@steadfetch/core';
import type { Options } from 'ky';

/**
 * What is left of ky's `totalTimeout`, which runs from the start of the call: by ky's own clock or by ours, whichever is
 * further on. One millisecond less than that, since a timer may fire that much early and a retry must not be announced
 * which ky then forbids.
 */
export function remainingOf(options: Options, clock: Clock): () => number {
  const now = monotonic(clock);
  const startedAt = now();
  const kyStartedAt = performance.now();
  return () => {
    const { totalTimeout } = options;
    const elapsed = Math.max(now() - startedAt, performance.now() - kyStartedAt);
    return typeof totalTimeout === 'number' ? totalTimeout - 1 - elapsed : Infinity;
  };
}
