import type { Stretch } from './history.ts';

/** As many are sent to a server of which nothing is known. */
const FIRST = 4;
/** And for each that is accepted so many more, while no limit is known: a few hundred calls wait two round trips at most. */
const GROWTH = 7;

/** The requests in flight: how many, how long they take, and a start that is slow until answers come. */
export class Flight {
  /** A smoothed round trip in ms; 0 before the first answer. */
  roundTrip = 0;
  count = 0;
  #room = FIRST;
  #grownAt = 0;
  #refused = false;

  /** Milliseconds until one more may go. Requests that stay open, such as event streams, hold nobody up for long. */
  delay(now: number): number {
    return this.count < this.#room ? 0 : Math.max(0, this.#grownAt + this.#pause - now);
  }

  advance(now: number): void {
    if (this.count < this.#room || now < this.#grownAt + this.#pause) return;
    this.#room *= 2;
    this.#grownAt = now;
  }

  sent(now: number): void {
    if (this.count++ === 0) this.#grownAt = now;
  }

  /** Each answer makes room for more. */
  answered(sentAt: number, now: number, accepted: boolean, limited: boolean): void {
    const filled = this.count >= this.#room / 2;
    this.count--;
    if (!accepted) {
      this.#refused = true;
      return;
    }
    const took = Math.max(1, now - sentAt);
    this.roundTrip = this.roundTrip === 0 ? took : 0.8 * this.roundTrip + 0.2 * took;
    if (!filled) return;
    this.#room += limited || this.#refused ? 1 : GROWTH;
    this.#grownAt = now;
  }

  failed(): void {
    this.count--;
  }

  /** Room for all. */
  allow(): void {
    this.#room = Infinity;
  }

  get #pause(): number {
    return Math.max(250, 2 * this.roundTrip);
  }
}

/** So long a number is kept before one more is tried, ms. */
const PATIENCE = 60_000;

/** A limit on how many are in flight at once: nothing beyond a number is accepted, and nothing within it refused. */
export class Concurrency {
  #found = Infinity;
  #most = Infinity;
  #refuted = false;
  #tryAt = 0;

  /** As many may be in flight. */
  get most(): number {
    return this.#most;
  }

  /** Learns from a stretch that ended with a refusal. Returns whether the number explains it: then nothing else is to be learned. */
  learn(stretch: Stretch, now: number, paced: boolean): boolean {
    if (this.#refuted || stretch.refusedInFlight === Infinity) return false;
    if (this.#found < Infinity) return this.#confirm(stretch, now);
    const { refusedInFlight } = stretch;
    const all = stretch.acceptedWith(0);
    const beyond = stretch.acceptedWith(refusedInFlight);
    const justBelow = stretch.acceptedWith(refusedInFlight - 2, refusedInFlight - 1);
    const suspected =
      refusedInFlight >= 3 && beyond <= (paced ? 0.1 : 0.25) * all && (!paced || justBelow >= 0.3 * all);
    if (suspected) {
      this.#found = this.#most = refusedInFlight - 1;
      this.#tryAt = now + PATIENCE;
    }
    return false;
  }

  /** As many were kept in flight for long and accepted: one more is tried. */
  accepted(inFlight: number, now: number): void {
    if (this.#most < Infinity && inFlight >= this.#most && now > this.#tryAt) this.#most = this.#found + 1;
  }

  #confirm(stretch: Stretch, now: number): boolean {
    if (stretch.refusedInFlight <= this.#found && this.#most === this.#found) {
      this.#refuted = true; // a pace that is taken for a number would run free
      this.#found = this.#most = Infinity;
      return false;
    }
    this.#most = this.#found;
    this.#tryAt = now + PATIENCE;
    return true;
  }
}
