import type { Delay } from '@steadfetch/backoff';
import { between, holdable, type Random, systemRandom } from './chance.ts';
import { checkFunctions } from './check.ts';

/**
 * Anywhere from half of the delay to all of it: never too soon, at the price of half the spread.
 *
 * Brooker, *Exponential Backoff And Jitter*, AWS 2015.
 */
export function equalJitter(delay: Delay, random: Random = systemRandom): Delay {
  checkFunctions('equalJitter', { delay, random });
  return (attempt) => {
    const longest = holdable('equalJitter', delay(attempt));
    return between(longest / 2, longest, random);
  };
}
