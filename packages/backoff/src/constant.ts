import type { Delay } from './delay.ts';
import { checkNumber } from './options.ts';

/** The same delay after every attempt, in milliseconds. */
export function constant(ms: number = 250): Delay {
  const delay = checkNumber('constant: ms', ms);
  return () => delay;
}
