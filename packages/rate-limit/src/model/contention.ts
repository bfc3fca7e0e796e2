import type { Pace } from './pace.ts';

/** What is given up is won back in this time, ms, whatever the pace is. */
const CLIMB = 20_000;
/** What of the pace is left after a refusal, and after one that comes before the last loss was won back. */
const ONCE = 0.8;
const AGAIN = 0.7;

/**
 * Several clients share a limit. Each gives up a share of its pace when refused and wins it back in a straight line in time:
 * additive increase and multiplicative decrease lead to fair shares (Chiu and Jain, 1989). Counted in requests in place of
 * time, the slow ones would stay slow.
 */
export class Contention {
  readonly #random: () => number;
  #cutAt = -Infinity;

  constructor(random: () => number) {
    this.#random = random;
  }

  refused(pace: Pace, rate: number, now: number): void {
    const again = now - this.#cutAt < pace.period && pace.way === 'climb';
    this.#cutAt = now;
    this.climb(pace, (again ? AGAIN : ONCE) * rate, rate, now);
    pace.open(now, 0.5 - this.#random()); // by chance, so that processes do not come back together
  }

  climb(pace: Pace, base: number, ceiling: number, now: number): void {
    pace.climb(base, ceiling, CLIMB * (0.7 + 0.6 * this.#random()), now);
  }
}
