import type { Random } from '@steadfetch/core';

/** The shortest time a gate stays closed, in milliseconds, and the longest one without a hint. */
const SHORTEST = 100;
const LONGEST = 30_000;

/** Until when a gate is closed. */
export class Closing {
  readonly #random: Random;
  #until: number | undefined;
  #strikes = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get until(): number | undefined {
    return this.#until;
  }

  /** A request was refused, `wait` being what the server asks for; without it longer each time. */
  refuse(now: number, wait: number | undefined, rtt: number): void {
    if (this.#until === undefined) {
      const own = Math.max(SHORTEST, wait === undefined ? 1.5 * rtt : 0) * (1 + 0.2 * this.#random());
      this.#extend(now + (wait === undefined ? Math.min(LONGEST, own * 2 ** this.#strikes++) : own));
    }
    if (wait !== undefined) this.ask(now, wait);
  }

  /** The server asks for `wait`. Chance adds to it and takes nothing; the first millisecond is for clocks of whole ones. */
  ask(now: number, wait: number): void {
    this.#extend(now + wait + 1 + this.#random() * Math.min(25, wait * 0.02));
  }

  accept(): void {
    this.#strikes = 0;
  }

  open(): void {
    this.#until = undefined;
  }

  #extend(until: number): void {
    this.#until = Math.max(this.#until ?? 0, until);
  }
}
