import type { Delay } from '@steadfetch/backoff';
import { between, MAX_TIMER, type Random, systemRandom } from './chance.ts';
import { checkFunctions, checkOptions } from './check.ts';

/** In milliseconds. */
export interface DecorrelatedJitterOptions {
  /** The shortest delay. @default 250 */
  base?: number;
  /** The longest delay. @default 20_000 */
  cap?: number;
}

/**
 * Anywhere from `base` to three times the delay before, which it grows from instead of counting attempts.
 *
 * The range ends at `cap`, and the delay is drawn below it: what AWS draws above the cap all lands on the cap, where
 * clients meet again. A `base` above `cap` counts as `cap`, and leaves nothing to draw from.
 *
 * Brooker, *Exponential Backoff And Jitter*, AWS 2015.
 */
export function decorrelatedJitter(options: DecorrelatedJitterOptions = {}, random: Random = systemRandom): Delay {
  checkFunctions('decorrelatedJitter', { random });
  checkOptions('decorrelatedJitter', options, { base: MAX_TIMER, cap: MAX_TIMER });
  const { base = 250, cap = 20_000 } = options;
  const shortest = Math.min(base, cap);
  return ({ previousDelay }) => {
    const longest = Math.min(cap, Math.max(base, previousDelay || 0) * 3);
    return between(shortest, longest, random);
  };
}
