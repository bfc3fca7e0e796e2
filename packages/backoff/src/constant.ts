import { checkMs } from '@steadfetch/core/kit';
import type { Delay } from './delay.ts';

/** The same delay after every attempt, in milliseconds. */
export function constant(ms: number = 250): Delay {
  const delay = checkMs('constant: ms', ms);
  return () => delay;
}
