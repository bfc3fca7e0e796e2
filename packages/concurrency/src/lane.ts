import { onAbort } from '@steadfetch/core';
import { settledByOthers } from '@steadfetch/core/kit';
import { WaitingLine } from './waiting-line.ts';

/** How full a key is. */
export interface Occupancy {
  /** Calls in flight. */
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

/** The slots of one key, and the calls that wait for them. Independent of fetch. */
export class Lane {
  readonly key: string;
  readonly #max: number;
  readonly #onEmpty: (lane: Lane) => void;
  readonly #line = new WaitingLine<(slot: Slot) => void>();
  #active = 0;
  /** One object for all slots that were taken since the last reset. */
  #slot: Slot = {};

  constructor(key: string, max: number, onEmpty: (lane: Lane) => void) {
    this.key = key;
    this.#max = max;
    this.#onEmpty = onEmpty;
  }

  get active(): number {
    return this.#active;
  }

  get queued(): number {
    return this.#line.size;
  }

  /** Takes a slot if one is free; then no call waits. */
  enter(): Slot | undefined {
    if (this.#active >= this.#max) return undefined;
    this.#active++;
    return this.#slot;
  }

  /** Waits for a slot; rejects at once, out of the line, when the signal aborts. */
  wait(signal: AbortSignal | undefined): Waiting {
    let giveUp: ((reason: unknown) => void) | undefined;
    const leave = (reason?: unknown) => {
      giveUp?.(reason);
      giveUp = undefined;
    };
    const slot = settledByOthers<Slot>((resolve, reject) => {
      const leaveLine = this.#line.join((slot) => {
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

  /** Frees a slot: the first in line takes it, so that no newcomer overtakes. */
  exit(slot: Slot): void {
    if (slot !== this.#slot) return;
    const start = this.#line.shift();
    if (start) start(slot);
    else if (--this.#active === 0) this.#onEmpty(this);
  }

  /** Forgets the calls in flight: as many of the waiting calls as there are slots start. */
  reset(): void {
    this.#slot = {};
    this.#active = 0;
    while (this.#active < this.#max && this.#line.size > 0) {
      this.#active++;
      this.#line.shift()!(this.#slot);
    }
    if (this.#active === 0) this.#onEmpty(this);
  }
}
