import { inWorkers } from '../runtime.ts';
import { abortable } from './abort.ts';
import { type Clock, monotonic, sleep } from './clock.ts';

/** At most this many calls go on in one turn of the event loop. More would block it: each call has work to do then. */
const CALLS_PER_TURN = 200;
/** Calls that come less than this many milliseconds apart belong to the same turn. Also the pause before the next turn. */
const PAUSE_MS = 1;

/**
 * Spreads calls that come at the same time over several turns of the event loop, so that other work is not blocked.
 *
 * All calls of a turn wait for one timer. In Cloudflare Workers that timer would end with the request that started it, so there each
 * call goes on at once, or has a timer of its own: see `settledByOthers`.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #areShared = !inWorkers();
  #count = 0;
  #refused = 0;
  #last = -Infinity;
  /** Resolves when the turn of the latest calls starts. `undefined` if that is the current turn. */
  #start: Promise<void> | undefined;

  constructor(clock: Clock, now: () => number = monotonic(clock)) {
    this.#clock = clock;
    this.#now = now;
  }

  /** Returns `undefined` while the current turn has room, otherwise a promise that resolves in a later turn. Calls of a turn share it. */
  enter(): Promise<void> | undefined {
    if (!this.#areShared) return undefined;
    if (this.#start === undefined) {
      const now = this.#now();
      if (now - this.#last >= PAUSE_MS) this.#count = 0;
      this.#last = now;
    }
    if (this.#count === CALLS_PER_TURN) {
      this.#count = 0;
      this.#open(this.#turnAfter(this.#start));
    }
    this.#count++;
    return this.#start;
  }

  /**
   * Rejects with the error, or with the abort reason. Waits for a turn first, so that a caller that retries at once does not block the
   * event loop. The error is made after the wait, since its stack is the slowest part.
   */
  async refuse(makeError: () => Error, signal?: AbortSignal): Promise<never> {
    const turn = this.enter() ?? this.#ownTurn();
    if (turn) await abortable(turn, signal);
    throw makeError();
  }

  /** Waits a turn after every 200th refusal. `enter` never does if the caller takes longer than `PAUSE_MS` between its calls. */
  #ownTurn(): Promise<void> | undefined {
    return ++this.#refused % CALLS_PER_TURN === 0 ? this.#turnAfter() : undefined;
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
    await sleep(PAUSE_MS, undefined, this.#clock).catch(() => {});
  }
}
