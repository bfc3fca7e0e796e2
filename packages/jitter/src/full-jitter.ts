import type { Delay } from '@steadfetch/backoff';
import { between, holdable, type Random, systemRandom } from './chance.ts';
import { checkFunctions } from './check.ts';

/**
 * Anywhere from 0 to the delay: spreads clients the most, and halves the mean.
 *
 * Brooker, *Exponential Backoff And Jitter*, AWS 2015.
 */
export function fullJitter(delay: Delay, random: Random = systemRandom): Delay {
  checkFunctions('fullJitter', { delay, random });
  return (attempt) => between(0, holdable('fullJitter', delay(attempt)), random);
}
