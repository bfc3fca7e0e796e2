import type { Epoch } from './epoch.ts';

const FIRST_WINDOW = 4;
/** How long a start waits for answers before it goes on without them: a stream that stays open holds nobody up. */
const PATIENCE = 250;

/**
 * How many requests may be in flight. An unknown origin gets a few, then twice as many with each round trip, so that a
 * refusal costs part of a burst. A limit by concurrency is recognised by its refusals, and held to.
 */
export class Flight {
  count = 0;
  rtt = 0;
  #window: number;
  #ceiling = Infinity;
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

  /** The gate opens again. Gives whether the limit is one by concurrency, for the second time in a row. */
  reopen({ mostAccepted, leastRefused }: Epoch): boolean {
    const before = this.#ceiling;
    const suspect = leastRefused >= 3 && leastRefused < Infinity && mostAccepted <= leastRefused;
    if (suspect) this.#ceiling = Math.max(1, Math.min(mostAccepted, leastRefused - 1));
    else if (leastRefused <= before - 1) this.#ceiling = Infinity;
    return suspect && before < Infinity && Math.abs(this.#ceiling - before) <= Math.max(1.5, 0.2 * before);
  }

  /** Starts small again, or at what a measured rate keeps in flight. */
  restart(now: number, window: number): void {
    this.#window = Math.max(FIRST_WINDOW, window);
    this.#grownAt = now;
  }

  forget(): void {
    this.#ceiling = Infinity;
  }
}
