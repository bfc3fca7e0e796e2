import type { Delay } from '@steadfetch/backoff';
import type { Random } from '@steadfetch/core';
import { checkFunction, checkMs, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { between, systemRandom } from './chance.ts';

/** In milliseconds. */
export interface DecorrelatedJitterOptions {
  /** The shortest delay. @default 250 */
  base?: number;
  /** The longest delay. @default 20_000 */
  cap?: number;
}

const OPTIONS = {
  base: { check: checkMs, default: 250 },
  cap: { check: checkMs, default: 20_000 },
} satisfies OptionTable<DecorrelatedJitterOptions>;

/** The options as data: what each may be, and its default. */
export const decorrelatedJitterOptions: OptionTable<DecorrelatedJitterOptions> = OPTIONS;

/**
 * Anywhere from `base` to three times the delay before, which it grows from instead of counting attempts.
 *
 * The range ends at `cap`, and the delay is drawn below it: what AWS draws above the cap all lands on the cap, where
 * clients meet again. A `base` above `cap` counts as `cap`, and leaves nothing to draw from.
 *
 * Brooker, *Exponential Backoff And Jitter*, AWS 2015.
 */
export function decorrelatedJitter(options?: DecorrelatedJitterOptions, random: Random = systemRandom): Delay {
  checkFunction('decorrelatedJitter: random', random);
  const { base, cap } = readOptions('decorrelatedJitter', OPTIONS, options);
  const shortest = Math.min(base, cap);
  return ({ previousDelay }) => {
    const longest = Math.min(cap, Math.max(base, previousDelay || 0) * 3);
    return between(shortest, longest, random);
  };
}
