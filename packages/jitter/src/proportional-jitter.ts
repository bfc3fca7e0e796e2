import type { Delay } from '@steadfetch/backoff';
import { between, holdable, MAX_TIMER, type Random, systemRandom } from './chance.ts';
import { checkFunctions, checkOptions } from './check.ts';

export interface ProportionalJitterOptions {
  /** How far from the delay, as a share of it, from 0 to 1. @default 0.2 */
  spread?: number;
}

/**
 * The delay plus or minus a share of it: keeps the mean. It can exceed the delay, and so its cap, by that share, but
 * not what a timer holds (2^31 - 1 ms): near that end the range gets narrower instead of piling up on it.
 */
export function proportionalJitter(
  delay: Delay,
  options: ProportionalJitterOptions = {},
  random: Random = systemRandom,
): Delay {
  checkFunctions('proportionalJitter', { delay, random });
  checkOptions('proportionalJitter', options, { spread: 1 });
  const { spread = 0.2 } = options;
  return (attempt) => {
    const middle = holdable('proportionalJitter', delay(attempt));
    return between(middle * (1 - spread), Math.min(middle * (1 + spread), MAX_TIMER), random);
  };
}
