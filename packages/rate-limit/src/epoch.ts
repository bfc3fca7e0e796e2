import { Marks } from './marks.ts';
import type { Permit } from './permit.ts';

/** The least that the limit allows, and how many requests beyond one burst say so. */
export interface LowerBound {
  /** Requests per millisecond. */
  readonly rate: number;
  readonly count: number;
  /** The stretch that says so, in milliseconds. */
  readonly ms: number;
}

/** What was sent, accepted and refused between two closings of a gate. */
export class Epoch {
  sent = 0;
  accepted = 0;
  refused = 0;
  start = 0;
  /** When the last accepted request was sent, and the last refused one: then the limit was used up. */
  lastAccepted = 0;
  lastRefused = 0;
  /** The fewest requests in flight of which one was refused. */
  leastRefused: number = Infinity;
  /** How many were accepted by how many were in flight with them. */
  readonly #byFlight: number[] = [];
  #marks = new Marks();

  /** Milliseconds from the first request to the last accepted one. */
  get length(): number {
    return Math.max(1, this.lastAccepted - this.start);
  }

  send(now: number): void {
    if (this.sent === 0) this.start = now;
    this.#marks.add(now, this.sent);
    this.sent++;
  }

  accept({ at, flight }: Permit): void {
    this.accepted++;
    this.lastAccepted = Math.max(this.lastAccepted, at);
    this.#byFlight[flight] = (this.#byFlight[flight] ?? 0) + 1;
  }

  refuse({ at, flight }: Permit): void {
    this.refused++;
    this.lastRefused = Math.max(this.lastRefused, at);
    this.leastRefused = Math.min(this.leastRefused, flight);
  }

  /** How many were accepted with so many or more in flight. */
  acceptedFrom(flight: number): number {
    return this.#byFlight.slice(flight).reduce((sum, count) => sum + count, 0);
  }

  /** The least that a bucket held at first if it refills with `rate`, by the same rule as the lower bound of the rate. */
  leastBurst(rate: number): number {
    let burst = 1;
    for (const [time, sent] of this.#marks) {
      if (time <= this.lastAccepted) burst = Math.max(burst, this.accepted - sent - rate * (this.lastAccepted - time));
    }
    return burst;
  }

  /**
   * In no time `t` does a bucket accept more than `burst + rate * t`. So each stretch up to the last accepted request
   * gives a least rate, and the best of them is the rate itself if the bucket was used up without ever running over.
   */
  lowerBound(burst: number, shortest: number): LowerBound {
    let best: LowerBound = { rate: 0, count: 0, ms: 0 };
    const enough = burst + Math.max(1, 0.5 * burst);
    for (const [time, sent] of this.#marks) {
      const [count, ms] = [this.accepted - sent, this.lastAccepted - time];
      if (count < enough || ms < shortest) continue;
      const rate = (count - burst) / ms;
      if (rate > best.rate) best = { rate, count: count - burst, ms };
    }
    return best;
  }
}
