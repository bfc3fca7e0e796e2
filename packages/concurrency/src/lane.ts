import { onAbort } from '@steadfetch/core';
import { settledByOthers } from '@steadfetch/core/kit';
import { WaitingLine } from './waiting-line.ts';

/** How full a key is. */
export interface Occupancy {
  /** Calls that have a slot: in flight, or waiting for a retry while others fail too. */
  active: number;
  /** Calls that wait for their turn. */
  queued: number;
}

export interface QueueEvent extends Occupancy {
  key: string;
}

/** A slot that is taken. Invalid after a reset of its lane. */
export type Slot = object;

/** A call that waits for a slot. */
export interface Waiting {
  readonly slot: Promise<Slot>;
  /** Gives up the slot that it got, or the wait: then `slot` rejects. */
  readonly leave: (reason?: unknown) => void;
}

/** The count goes no further either way: after so many successes in a row no slot is kept, and after one failure more each is. */
const MOST = 5;

/** The slots of one key, and the calls that wait for them. Independent of fetch. */
export class Lane {
  readonly key: string;
  readonly #max: number;
  readonly #onEmpty: (lane: Lane) => void;
  readonly #line = new WaitingLine<(slot: Slot) => void>();
  /** The calls that have rested: they come before the line. */
  readonly #returning = new WaitingLine<(slot: Slot) => void>();
  /**
   * Counts up for a call whose first outcome is a success, and down for a failure, from -`MOST` to `MOST`. Below 0 at first, and after a
   * time without calls: nothing is known.
   */
  #balance = -1;
  #active = 0;
  /** Calls that rest, and how many slots are kept for them. */
  #resting = 0;
  #kept = 0;
  /** One object for all slots that were taken since the last reset. */
  #slot: Slot = {};

  constructor(key: string, max: number, onEmpty: (lane: Lane) => void) {
    this.key = key;
    this.#max = max;
    this.#onEmpty = onEmpty;
  }

  get active(): number {
    return Math.min(this.#max, this.#active + this.#kept);
  }

  get queued(): number {
    return this.#line.size + this.#returning.size;
  }

  /** Takes a slot if one is free; then no call waits. One that has rested may take a slot that another keeps. */
  enter(hasRested = false): Slot | undefined {
    if (this.#active + (hasRested ? 0 : this.#kept) >= this.#max) return undefined;
    this.#active++;
    return this.#slot;
  }

  /**
   * A call that is not in flight for a while exits. While more of the last calls have failed than succeeded, or none has ended, its slot
   * is kept from calls that have not begun: they may fail too. Returns the function that ends this, to be called after the call has
   * entered again.
   */
  rest(exit: () => void): () => void {
    this.#resting++;
    if (this.#balance < 0) this.#kept++;
    exit();
    return () => {
      this.#resting--;
      this.#kept = Math.min(this.#kept, this.#resting);
      this.#start();
    };
  }

  /** Counts the first outcome of a call. */
  count(succeeded: boolean): void {
    this.#balance = Math.max(-MOST, Math.min(this.#balance + (succeeded ? 1 : -1), MOST));
    if (this.#balance >= 0) this.#kept = 0;
    this.#start();
  }

  /** Takes a slot that a call keeps while it rests, if there is one. The first in line gets it, if there is one too. */
  takeOver(): Slot | undefined {
    if (this.#active === this.#max) return undefined;
    this.#kept = Math.min(this.#kept, this.#max - this.#active - 1);
    if (this.#line.size === 0) return this.enter();
    this.#start();
    return undefined;
  }

  /** Waits for a slot; rejects at once, out of the line, when the signal aborts. */
  wait(signal: AbortSignal | undefined, hasRested = false): Waiting {
    let giveUp: ((reason: unknown) => void) | undefined;
    const leave = (reason?: unknown) => {
      giveUp?.(reason);
      giveUp = undefined;
    };
    const slot = settledByOthers<Slot>((resolve, reject) => {
      const leaveLine = (hasRested ? this.#returning : this.#line).join((slot) => {
        release();
        giveUp = () => this.exit(slot);
        resolve(slot);
      });
      giveUp = (reason) => {
        leaveLine();
        reject(reason);
      };
      const release = onAbort(signal, leave);
    });
    return { slot, leave };
  }

  /** Frees a slot: the first in line takes it at once, so that no newcomer overtakes. */
  exit(slot: Slot): void {
    if (slot !== this.#slot) return;
    this.#active--;
    this.#start();
  }

  /** Forgets the calls in flight, and those that rest: as many of the waiting calls as there are slots start. */
  reset(): void {
    this.#slot = {};
    this.#active = 0;
    this.#kept = 0;
    this.#start();
  }

  /** Starts the calls that wait, as far as there are slots for them. */
  #start(): void {
    while (this.#active < this.#max) {
      const isKept = this.#active + this.#kept >= this.#max;
      const start = this.#returning.shift() ?? (isKept ? undefined : this.#line.shift());
      if (!start) break;
      this.#active++;
      start(this.#slot);
    }
    if (this.#active + this.#resting === 0) this.#onEmpty(this);
  }
}
