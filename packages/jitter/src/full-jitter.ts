import type { Delay } from '@steadfetch/backoff';
import type { Random } from '@steadfetch/core';
import { checkFunction } from '@steadfetch/core/kit';
import { between, holdable, systemRandom } from './chance.ts';

/**
 * A random delay from 0 to the delay: spreads clients the most, and halves the mean.
 *
 * Brooker, *Exponential Backoff And Jitter*, AWS 2015.
 */
export function fullJitter(delay: Delay, random: Random = systemRandom): Delay {
  checkFunction('fullJitter: delay', delay);
  checkFunction('fullJitter: random', random);
  return (context) => between(0, holdable('fullJitter', delay(context)), random);
}
