import { onAbort } from '@steadfetch/core';
import { settledByOthers } from '@steadfetch/core/kit';
import { WaitingLine } from './waiting-line.ts';

/** How full a key is. */
export interface Occupancy {
  /** Slots that are taken: by calls in flight, or kept for calls that wait for a retry. */
  active: number;
  /** Calls that wait for their turn. */
  queued: number;
}

/** How full the key of a call was when it had to wait, the call included. */
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

/** The most successes that count: with more, as many calls more would be sent into an outage. */
const MOST_SUCCESSES = 5;

/** The slots of one key, and the calls that wait for them. Independent of fetch. */
export class Lane {
  readonly #max: number;
  readonly #onEmpty: () => void;
  readonly #line = new WaitingLine<(slot: Slot) => void>();
  /** The calls that have rested: they come before the line. */
  readonly #returning = new WaitingLine<(slot: Slot) => void>();
  /**
   * One more for each call whose first outcome is a success, at most `MOST_SUCCESSES`, and one less for each failure, at least `-max`.
   * While it is negative, that many slots are kept for calls that rest. It begins at `-max`, since nothing is known.
   */
  #balance: number;
  /** One more for each call that has its first outcome without a wait inside, and one less for each that waits there for its turn at a limit. */
  #passing: number;
  #active = 0;
  /** Calls that rest. */
  #resting = 0;
  /** Those among them whose slot is kept in any case. */
  #keeping = 0;
  /** One object for all slots that were taken since the last reset. */
  #slot: Slot = {};

  constructor(max: number, onEmpty: () => void) {
    this.#max = max;
    this.#balance = this.#passing = -max;
    this.#onEmpty = onEmpty;
  }

  get active(): number {
    return Math.min(this.#max, this.#active + this.#kept);
  }

  /** The slots of calls that rest which no other call may begin with. */
  get #kept(): number {
    return Math.min(this.#resting, this.#keeping + Math.max(0, -this.#balance));
  }

  get queued(): number {
    return this.#line.size + this.#returning.size;
  }

  /** Takes a slot if one is free; then no call waits. `orKept`: also one that is kept for a call that rests. */
  enter(orKept = false): Slot | undefined {
    if (this.#active + (orKept ? 0 : this.#kept) >= this.#max) return undefined;
    this.#active++;
    return this.#slot;
  }

  /**
   * A call gives up its slot for a while, as during the wait for a retry. The more of the last calls have failed, the more of these
   * slots are kept from calls that have not begun, which may fail too. Where `mostLent` are lent, it is kept in any case: all the calls of
   * this key would stand in the next line, in front of those with other keys. Returns the function that ends the rest, to be called
   * after the call has entered again.
   */
  rest(exit: () => void, mostLent: number): () => void {
    const slot = this.#slot;
    const keeps = this.#resting - this.#keeping >= mostLent;
    if (keeps) this.#keeping++;
    this.#resting++;
    exit();
    return () => {
      if (slot !== this.#slot) return;
      if (keeps) this.#keeping--;
      this.#resting--;
      this.#start();
    };
  }

  /** Counts the first outcome of a call. */
  count(succeeded: boolean, hasPassed: boolean): void {
    this.#balance = this.#counted(this.#balance, succeeded);
    if (hasPassed) this.#passing = this.#counted(this.#passing, true);
    this.#start();
  }

  /**
   * Counts a call that waits for its first turn at a limit. Returns how many slots may be lent there. Where most calls wait, as many as
   * there are; where most pass, any number: else those that wait, as for one path, would hold up all others.
   */
  countTurn(): number {
    this.#passing = this.#counted(this.#passing, false);
    return this.#passing < 0 ? this.#max : Infinity;
  }

  #counted(balance: number, isMore: boolean): number {
    return Math.max(-this.#max, Math.min(balance + (isMore ? 1 : -1), MOST_SUCCESSES));
  }

  /** Takes a slot that is kept because others fail, if there is one. The first in line gets it, if there is one too. */
  takeOver(): Slot | undefined {
    if (this.#active + this.#keeping >= this.#max) return undefined;
    const first = this.#line.shift();
    if (!first) return this.enter(true);
    this.#active++;
    first(this.#slot);
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
    this.#active = this.#resting = this.#keeping = 0;
    this.#balance = this.#passing = 0;
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
    if (this.#active + this.#resting === 0) this.#onEmpty();
  }
}
