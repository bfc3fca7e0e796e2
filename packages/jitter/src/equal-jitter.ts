import type { Delay } from '@steadfetch/backoff';
import type { Random } from '@steadfetch/core';
import { checkFunction } from '@steadfetch/core/kit';
import { between, clampToTimer, systemRandom } from './chance.ts';

/**
 * A random delay from half of the delay to all of it. It spreads clients half as widely as full jitter.
 *
 * Brooker, *Exponential Backoff And Jitter*, AWS 2015.
 */
export function equalJitter(delay: Delay, random: Random = systemRandom): Delay {
  checkFunction('equalJitter: delay', delay);
  checkFunction('equalJitter: random', random);
  return (context) => {
    const longest = clampToTimer('equalJitter', delay(context));
    return between(longest / 2, longest, random);
  };
}
