import { onAbort } from '@steadfetch/core';
import { settledByOthers } from '@steadfetch/core/kit';
import { WaitingLine } from './waiting-line.ts';

/** How many slots of a key are in use, and how many calls wait for one. */
export interface Occupancy {
  /** Slots that a new call cannot use: calls in flight have them, or they are reserved for calls that wait for a retry. */
  active: number;
  /** Calls that wait for a slot. */
  queued: number;
}

/** The occupancy of a key when a call has to wait. `queued` includes this call. */
export interface QueueEvent extends Occupancy {
  key: string;
}

export type Slot = object;

/** A call that waits for a slot. */
export interface Waiting {
  readonly slot: Promise<Slot>;
  /** Frees the slot if the call has got it; otherwise ends the wait, and `slot` rejects. */
  readonly leave: (reason?: unknown) => void;
}

/** The highest value of a balance. It bounds how many new calls start with lent slots when an outage begins. */
const MAX_BALANCE = 5;

/**
 * The slots of one key, and the calls that wait for them.
 *
 * A call *rests* while it waits inside: for a retry, for its turn in a limiter, or for a slot of another `concurrency`. It lends its slot
 * to other calls. A call that has rested may use any lent slot. A new call may not use a *reserved* one: the more of the last calls
 * failed, the more slots are reserved, so that few new calls are sent into an outage.
 */
export class Lane {
  readonly #max: number;
  readonly #onEmpty: () => void;
  readonly #line = new WaitingLine<(slot: Slot) => void>();
  /** The calls that have rested. They get a slot before those in `#line`. */
  readonly #returning = new WaitingLine<(slot: Slot) => void>();
  /**
   * Successes minus failures, by the first outcome of each call, from `-max` to `MAX_BALANCE`. While it is negative, that many slots are
   * reserved. It starts at `-max`: nothing is known of the server yet.
   */
  #successBalance: number;
  /** Calls that got their first outcome without a rest minus calls that waited in a limiter, with the same bounds and start. */
  #noWaitBalance: number;
  #active = 0;
  #resting = 0;
  /** Resting calls whose slot stays reserved even if most calls succeed. */
  #alwaysReserved = 0;
  /** Represents every slot that was taken since the last reset. A reset replaces it, so that earlier slots are invalid. */
  #slot: Slot = {};

  constructor(max: number, onEmpty: () => void) {
    this.#max = max;
    this.#successBalance = this.#noWaitBalance = -max;
    this.#onEmpty = onEmpty;
  }

  get active(): number {
    return Math.min(this.#max, this.#active + this.#reserved);
  }

  /** Lent slots that no new call may use. */
  get #reserved(): number {
    return Math.min(this.#resting, this.#alwaysReserved + Math.max(0, -this.#successBalance));
  }

  get queued(): number {
    return this.#line.size + this.#returning.size;
  }

  /** Takes a slot if one is free. While calls wait, only reserved slots can be, which count as free only with `orReserved`. */
  enter(orReserved = false): Slot | undefined {
    if (this.#active + (orReserved ? 0 : this.#reserved) >= this.#max) return undefined;
    this.#active++;
    return this.#slot;
  }

  /**
   * Begins a rest: frees the slot by `exit`. If `maxLent` slots are lent already, this one stays reserved: otherwise all calls of this key
   * could queue at the next layer, ahead of calls with other keys. Returns the function that ends the rest. Call it after the call has
   * entered again.
   */
  rest(exit: () => void, maxLent: number): () => void {
    const slot = this.#slot;
    const isReserved = this.#resting - this.#alwaysReserved >= maxLent;
    if (isReserved) this.#alwaysReserved++;
    this.#resting++;
    exit();
    return () => {
      if (slot !== this.#slot) return;
      if (isReserved) this.#alwaysReserved--;
      this.#resting--;
      this.#start();
    };
  }

  /** Counts the first outcome of a call, and whether the call got it without a rest. */
  count(succeeded: boolean, hadNoRest: boolean): void {
    this.#successBalance = this.#counted(this.#successBalance, succeeded);
    if (hadNoRest) this.#noWaitBalance = this.#counted(this.#noWaitBalance, true);
    this.#start();
  }

  /**
   * Counts a call that waits for its first turn in a limiter. Returns how many slots may be lent during such waits: `max` if most calls
   * wait, any number if most do not. Without the second rule, calls that wait for the limit of one path would delay calls to all others.
   */
  countTurn(): number {
    this.#noWaitBalance = this.#counted(this.#noWaitBalance, false);
    return this.#noWaitBalance < 0 ? this.#max : Infinity;
  }

  #counted(balance: number, isMore: boolean): number {
    return Math.max(-this.#max, Math.min(balance + (isMore ? 1 : -1), MAX_BALANCE));
  }

  /** If a slot is reserved only because calls fail, gives it to the first call in the line, or returns it if the line is empty. */
  takeOver(): Slot | undefined {
    if (this.#active + this.#alwaysReserved >= this.#max) return undefined;
    const first = this.#line.shift();
    if (!first) return this.enter(true);
    this.#active++;
    first(this.#slot);
    return undefined;
  }

  /** Waits for a slot. When the signal aborts, the call leaves the line and `slot` rejects at once. */
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

  /** Frees a slot. The first call in line takes it at once, so that no new call overtakes it. */
  exit(slot: Slot): void {
    if (slot !== this.#slot) return;
    this.#active--;
    this.#start();
  }

  /** Forgets the calls in flight and the calls that rest. Their slots are free, and waiting calls start. */
  reset(): void {
    this.#slot = {};
    this.#active = this.#resting = this.#alwaysReserved = 0;
    this.#successBalance = this.#noWaitBalance = 0;
    this.#start();
  }

  /** Starts waiting calls while there are slots for them. */
  #start(): void {
    while (this.#active < this.#max) {
      const allReserved = this.#active + this.#reserved >= this.#max;
      const start = this.#returning.shift() ?? (allReserved ? undefined : this.#line.shift());
      if (!start) break;
      this.#active++;
      start(this.#slot);
    }
    if (this.#active + this.#resting === 0) this.#onEmpty();
  }
}
