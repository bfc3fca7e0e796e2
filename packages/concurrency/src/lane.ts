import { onAbort } from '@steadfetch/core';
import { WaitingLine } from './waiting-line.ts';

/** How full a key is. */
export interface Occupancy {
  /** Calls in flight. */
  active: number;
  /** Calls that wait for their turn. */
  queued: number;
}

/** The slots of one key, and the line in front of them. Knows nothing of fetch. */
export class Lane {
  readonly #max: number;
  readonly #line = new WaitingLine<() => void>();
  #active = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get active(): number {
    return this.#active;
  }

  get queued(): number {
    return this.#line.size;
  }

  /** Takes a slot if one is free; then nobody waits. */
  enter(): boolean {
    if (this.#active >= this.#max) return false;
    this.#active++;
    return true;
  }

  /** Waits for a slot; rejects at once, out of the line, when the signal aborts. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = this.#line.join(() => {
        release();
        resolve();
      });
      const release = onAbort(signal, (reason) => {
        leave();
        reject(reason);
      });
    });
  }

  /** Gives a slot back: to the first in line, so that no newcomer overtakes. */
  exit(): void {
    const start = this.#line.shift();
    if (start) start();
    else this.#active--;
  }
}
