import type { Delay } from '@steadfetch/backoff';
import type { Random } from '@steadfetch/core';
import { checkFunction } from '@steadfetch/core/kit';
import { between, clampToTimer, systemRandom } from './chance.ts';

/**
 * A random delay from 0 to the delay. It spreads clients the most, and halves the mean delay.
 *
 * Brooker, *Exponential Backoff And Jitter*, AWS 2015.
 */
export function fullJitter(delay: Delay, random: Random = systemRandom): Delay {
  checkFunction('fullJitter: delay', delay);
  checkFunction('fullJitter: random', random);
  return (context) => between(0, clampToTimer('fullJitter', delay(context)), random);
}
