import { pages, perSecond, workers } from '../harm/arrivals.ts';
import type { World } from '../harm/situation.ts';

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
  return { lasts: 1_000, calls: pages(count, 1_000, 1_000) };
}

/** So many calls a second at random times, and from an instant on more of them. */
export function rising(rate: number, more: number, from: number, lasts: number): Timed {
  return { lasts, calls: perSecond((at) => (at < from ? rate : more), lasts) };
}

/** All calls of a job are there at the beginning. Users call so many times a second, by chance. */
export function jobAndUsers(job: number, rate: number, lasts: number): Timed {
  const users = perSecond(rate, lasts);
  return { lasts, calls: (chance) => ({ at: [...Array.from({ length: job }, () => 0), ...users(chance).at] }) };
}
