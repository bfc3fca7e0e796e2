import type { Delay } from '@steadfetch/backoff';
import type { Random } from '@steadfetch/core';
import { checkFunction, checkNumber, MAX_TIMER, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { between, holdable, systemRandom } from './chance.ts';

export interface ProportionalJitterOptions {
  /** How far from the delay, as a share of it, from 0 to 1. @default 0.2 */
  spread?: number;
}

const OPTIONS = {
  spread: { check: checkNumber, default: 0.2, max: 1 },
} satisfies OptionTable<ProportionalJitterOptions>;

/** The options as data: what each may be, and its default. */
export const proportionalJitterOptions: OptionTable<ProportionalJitterOptions> = OPTIONS;

/**
 * The delay plus or minus a share of it: keeps the mean. It can exceed the delay, and so its cap, by that share, but
 * not what a timer holds (2^31 - 1 ms): near that end the range gets narrower instead of piling up on it.
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
    const middle = holdable('proportionalJitter', delay(context));
    return between(middle * (1 - spread), Math.min(middle * (1 + spread), MAX_TIMER), random);
  };
}
