import { inWorkers } from '../runtime.ts';
import { abortable } from './abort.ts';
import { type Clock, monotonic, sleep } from './clock.ts';

/** How many calls go on in one turn of the event loop: each of them has something to do then. */
const PER_TURN = 200;
/** Calls that come less than so many milliseconds after one another count as those of one turn. */
const PAUSE = 1;

/**
 * Spreads what comes at once over several turns of the event loop, so that nothing else waits for long.
 *
 * A turn that calls share has the timer of one of them. In Workers of Cloudflare that ends with its request, so there each call
 * goes on at once, or waits for a timer of its own: see `settledByOthers`.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #areShared = !inWorkers();
  #count = 0;
  #refused = 0;
  #last = -Infinity;
  /** The turn in which the calls that came last go on; `undefined` if it is this one. */
  #start: Promise<void> | undefined;

  constructor(clock: Clock, now: () => number = monotonic(clock)) {
    this.#clock = clock;
    this.#now = now;
  }

  /** Returns nothing while there is room in this turn; otherwise a promise of a later turn, which several calls share. */
  enter(): Promise<void> | undefined {
    if (!this.#areShared) return undefined;
    if (this.#start === undefined) {
      const now = this.#now();
      if (now - this.#last >= PAUSE) this.#count = 0;
      this.#last = now;
    }
    if (this.#count === PER_TURN) {
      this.#count = 0;
      this.#open(this.#turnAfter(this.#start));
    }
    this.#count++;
    return this.#start;
  }

  /**
   * Rejects with the error, or with the reason of an abort. A caller that calls again at once must not hold the event loop.
   * The error is made in its turn, since its stack takes longest.
   */
  async refuse(makeError: () => Error, signal?: AbortSignal): Promise<never> {
    const turn = this.enter() ?? this.#ownTurn();
    if (turn) await abortable(turn, signal);
    throw makeError();
  }

  /** A turn for each 200th refusal. Where the caller is busy for longer than `PAUSE` after each, `enter` counts from the start each time. */
  #ownTurn(): Promise<void> | undefined {
    return ++this.#refused % PER_TURN === 0 ? this.#turnAfter() : undefined;
  }

  #open(start: Promise<void>): void {
    this.#start = start;
    void start.then(() => {
      if (this.#start !== start) return;
      this.#start = undefined;
      this.#last = this.#now();
    });
  }

  async #turnAfter(before?: Promise<void>): Promise<void> {
    await before;
    await sleep(PAUSE, undefined, this.#clock).catch(() => {});
  }
}
