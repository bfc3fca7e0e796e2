import type { Epoch } from './epoch.ts';

const FIRST_WINDOW = 4;
/** How long a start waits for answers before it goes on without them: a stream that stays open holds nobody up. */
const PATIENCE = 250;
/** The share of what was accepted that may be at odds with a limit by concurrency: answers on their way count as in flight. */
const AT_ODDS = 0.1;

/**
 * How many requests may be in flight. An unknown origin gets a few, then twice as many with each round trip, so that a
 * refusal costs part of a burst. A limit by concurrency is recognised by its refusals, and held to.
 */
export class Flight {
  count = 0;
  rtt = 0;
  #window: number;
  #ceiling = Infinity;
  /** The ceiling as it was found, before it grew: what is refused within it is refused for another reason. */
  #found = Infinity;
  #refuted = false;
  #grownAt = 0;

  /** `cautious`: nothing is known of the origin. */
  constructor(cautious: boolean) {
    this.#window = cautious ? FIRST_WINDOW : Infinity;
  }

  /** Milliseconds until another may be sent: 0 for now, `Infinity` for as soon as one comes back. */
  wait(now: number): number {
    if (this.count >= this.#ceiling) return Infinity;
    if (this.count < this.#window) return 0;
    const left = this.#grownAt + Math.max(PATIENCE, 2 * this.rtt) - now;
    if (left > 0) return left;
    this.#window *= 2;
    this.#grownAt = now;
    return 0;
  }

  send(now: number): number {
    if (this.count === 0) this.#grownAt = now;
    return ++this.count;
  }

  /** A request was accepted after `ms`; `mayGrow`: a larger ceiling may be tried. */
  accepted(ms: number, now: number, mayGrow: boolean): void {
    this.rtt = this.rtt === 0 ? Math.max(1, ms) : 0.8 * this.rtt + 0.2 * ms;
    if (this.count >= this.#window / 2) {
      this.#window++;
      this.#grownAt = now;
    }
    if (mayGrow && this.count + 1 >= this.#ceiling) this.#ceiling += 1 / this.#ceiling;
  }

  /** The gate opens again. Gives whether the limit is one by concurrency: nothing within the ceiling was refused. */
  reopen(epoch: Epoch): boolean {
    const { leastRefused, accepted } = epoch;
    const wasHeld = this.#found < Infinity;
    if (wasHeld && leastRefused <= this.#found) this.#refute();
    if (this.#refuted || leastRefused < 3 || leastRefused === Infinity) return false;
    if (epoch.acceptedFrom(leastRefused) > AT_ODDS * accepted) return false;
    this.#found = this.#ceiling = leastRefused - 1;
    return wasHeld;
  }

  /** Starts small again, or at what a measured rate keeps in flight. */
  restart(now: number, window: number): void {
    this.#window = Math.max(FIRST_WINDOW, window);
    this.#grownAt = now;
  }

  forget(): void {
    this.#found = this.#ceiling = Infinity;
    this.#refuted = false;
  }

  #refute(): void {
    this.#found = this.#ceiling = Infinity;
    this.#refuted = true;
  }
}
