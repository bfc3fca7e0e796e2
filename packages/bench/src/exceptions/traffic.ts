import type { Random } from '@steadfetch/core';
import { perSecond, workers } from '../harm/arrivals.ts';
import type { Calls, World } from '../harm/situation.ts';

type Timed = Pick<World, 'lasts' | 'calls'>;

const MINUTE = 60_000;

/** So many calls a second at random times. */
export function random(rate: number, lasts: number = MINUTE): Timed {
  return { lasts, calls: perSecond(rate, lasts) };
}

export function loop(count: number, lasts: number): Timed {
  return { lasts, calls: workers(count) };
}

/** So many calls at once, one time. */
export function burst(count: number): Timed {
  return { lasts: 1_000, calls: () => ({ at: Array.from({ length: count }, () => 0) }) };
}

/** So many calls a second at random times, and from an instant on more of them. */
export function rising(rate: number, more: number, from: number, lasts: number): Timed {
  const calls = (chance: Random): Calls => {
    const at: number[] = [];
    for (let next = 0; next < lasts; next += (-1_000 * Math.log(1 - chance())) / (next < from ? rate : more))
      at.push(next);
    return { at };
  };
  return { lasts, calls };
}
