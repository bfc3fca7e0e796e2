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
 * A random delay from `base` to three times the previous delay. It grows with the previous delay, not with the number of the attempt.
 *
 * The range ends at `cap`. AWS's formula draws from the whole range and then cuts at the cap: many delays are then exactly the cap,
 * and clients return together. A `base` above `cap` counts as `cap`, and the delay is then always `cap`.
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
