import { onAbort } from '@steadfetch/core';
import { settledByOthers } from '@steadfetch/core/kit';
import { WaitingLine } from './waiting-line.ts';

/** How full a key is. */
export interface Occupancy {
  /** Calls that have a slot: in flight, or waiting for a retry while most others fail too. */
  active: number;
  /** Calls that wait for their turn. */
  queued: number;
}

/** A slot that is taken. Invalid after a reset of its lane. */
export type Slot = object;

/** A call that waits for a slot. */
export interface Waiting {
  readonly slot: Promise<Slot>;
  /** Gives up the slot that it got, or the wait: then `slot` rejects. */
  readonly leave: (reason?: unknown) => void;
}

/**
 * How many successes before a failure count. With one or two slots there may be no other call in flight whose success could free them. If
 * more counted, as many calls would run into an outage.
 */
const MOST_CREDIT = 5;

/** The slots of one key, and the calls that wait for them. Independent of fetch. */
export class Lane {
  readonly key: string;
  readonly #max: number;
  readonly #onEmpty: (lane: Lane) => void;
  readonly #line = new WaitingLine<(slot: Slot) => void>();
  /** The calls that have rested: they come before the line. */
  readonly #returning = new WaitingLine<(slot: Slot) => void>();
  /** The balance when each call began to rest that still keeps its slot, 0 at the most. The last one is the lowest. */
  readonly #resting = new WaitingLine<number>();
  /** The calls whose first outcome was a success, less those whose first was a failure; `MOST_CREDIT` at the most. */
  #balance = 0;
  #active = 0;
  /** Calls that rest, with or without a slot. */
  #away = 0;
  /** One object for all slots that were taken since the last reset. */
  #slot: Slot = {};

  constructor(key: string, max: number, onEmpty: (lane: Lane) => void) {
    this.key = key;
    this.#max = max;
    this.#onEmpty = onEmpty;
  }

  get active(): number {
    return Math.min(this.#max, this.#active + this.#resting.size);
  }

  get queued(): number {
    return this.#line.size + this.#returning.size;
  }

  /** Takes a slot if one is free; then no call waits. One that has rested may take a slot that another keeps. */
  enter(hasRested = false): Slot | undefined {
    if (this.#active + (hasRested ? 0 : this.#resting.size) >= this.#max) return undefined;
    this.#active++;
    return this.#slot;
  }

  /**
   * A call that is not in flight for a while exits, and keeps its slot from calls that have not begun. Returns the function that ends
   * this, to be called after the call has entered again.
   */
  rest(exit: () => void): () => void {
    const leave = this.#resting.join(Math.min(this.#balance, 0));
    this.#away++;
    this.#release();
    exit();
    return () => {
      this.#away--;
      leave();
      this.#start();
    };
  }

  /**
   * Counts the first outcome of a call. A call that rests keeps its slot no longer if more calls have succeeded than failed since, or
   * lately: then the others need not wait for what ails it.
   */
  count(succeeded: boolean): void {
    this.#balance = Math.min(this.#balance + (succeeded ? 1 : -1), MOST_CREDIT);
    this.#release();
    this.#start();
  }

  /** Takes the slots from the calls that rest whose balance was lower than it is now. */
  #release(): void {
    while (this.#resting.last! < this.#balance) this.#resting.pop();
  }

  /** Takes a slot that a call keeps while it rests, if there is one. The first in line gets it, if there is one too. */
  takeOver(): Slot | undefined {
    if (this.#active === this.#max) return undefined;
    while (this.#active + this.#resting.size >= this.#max) this.#resting.pop();
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
    while (this.#resting.size > 0) this.#resting.pop();
    this.#start();
  }

  /** Starts the calls that wait, as far as there are slots for them. */
  #start(): void {
    while (this.#active < this.#max) {
      const isKept = this.#active + this.#resting.size >= this.#max;
      const start = this.#returning.shift() ?? (isKept ? undefined : this.#line.shift());
      if (!start) break;
      this.#active++;
      start(this.#slot);
    }
    if (this.#active + this.#away === 0) this.#onEmpty(this);
  }
}
