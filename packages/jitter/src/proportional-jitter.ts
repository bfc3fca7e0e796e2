import type { Delay } from '@steadfetch/backoff';
import type { Random } from '@steadfetch/core';
import { checkFunction, checkNumber, MAX_TIMER, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { between, clampToTimer, systemRandom } from './chance.ts';

export interface ProportionalJitterOptions {
  /** The largest distance from the delay, as a share of it, from 0 to 1. @default 0.2 */
  spread?: number;
}

const OPTIONS = {
  spread: { check: checkNumber, default: 0.2, max: 1 },
} satisfies OptionTable<ProportionalJitterOptions>;

/** The options as data: what each may be, and its default. */
export const proportionalJitterOptions: OptionTable<ProportionalJitterOptions> = OPTIONS;

/**
 * The delay plus or minus a random share of it, so the mean stays. It can exceed the delay, and its cap, by that share, but not
 * what a timer can hold (2^31 - 1 ms): the range ends there.
 */
export function proportionalJitter(
  delay: Delay,
  options?: ProportionalJitterOptions,
  random: Random = systemRandom,
): Delay {
  checkFunction('proportionalJitter: delay', delay);
  checkFunction('proportionalJitter: random', random);
  const { spread } = readOptions('proportionalJitter', OPTIONS, options);
  return (context) => {
    const middle = clampToTimer('proportionalJitter', delay(context));
    return between(middle * (1 - spread), Math.min(middle * (1 + spread), MAX_TIMER), random);
  };
}
