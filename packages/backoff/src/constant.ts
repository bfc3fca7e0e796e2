import type { Delay } from './delay.ts';
import { checkNumber, MAX_TIMER } from './options.ts';

/** The same delay after every attempt, in milliseconds. */
export function constant(ms: number = 250): Delay {
  const delay = Math.max(0, checkNumber('constant: ms', ms, MAX_TIMER));
  return () => delay;
}
