import type { Pace } from './pace.ts';

/** What is given up is won back in this time, ms, whatever the pace is. */
const CLIMB = 20_000;
/** What of the pace is left after a refusal. */
const KEPT = 0.8;

/**
 * Several clients share a limit. Each gives up a share of its pace when refused and wins it back in a straight line in time:
 * additive increase and multiplicative decrease lead to fair shares (Chiu and Jain, 1989). Counted in requests in place of
 * time, the slow ones would stay slow.
 */
export class Contention {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  refused(pace: Pace, rate: number, now: number): void {
    this.climb(pace, KEPT * rate, rate, now);
  }

  /** By chance not quite at the same time as others. */
  climb(pace: Pace, base: number, ceiling: number, now: number): void {
    pace.climb(base, ceiling, CLIMB * (0.7 + 0.6 * this.#random()), now);
  }
}
