import { type Clock, onAbort } from '@steadfetch/core';
import { EventQueue, type TimedEvent } from './event-queue.ts';
import { macrotask } from './macrotask.ts';

/** Time that jumps from event to event. It moves in whole milliseconds; a wait takes at least one, as with timers. */
export class VirtualTime implements Clock {
  readonly start: number;
  readonly #queue = new EventQueue();
  #elapsed = 0;

  constructor(start: number) {
    this.start = start;
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.#elapsed;
  }

  now(): number {
    return this.start + this.#elapsed;
  }

  /** Has something run at an instant, counted from the start. */
  at(elapsed: number, run: () => void): TimedEvent {
    return this.#queue.add(Math.max(this.#elapsed, elapsed), run);
  }

  after(ms: number, run: () => void): TimedEvent {
    return this.#queue.add(this.#elapsed + Math.max(1, Math.ceil(ms)), run);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal === undefined) return void this.after(ms, resolve);
      const event = this.after(ms, () => {
        release();
        resolve();
      });
      const release = onAbort(signal, (reason) => {
        event.run = undefined;
        reject(reason);
      });
    });
  }

  /** Lives through all events up to an instant, or until `done` says so, letting promises settle after each instant. */
  async run(until: number, done: () => boolean = () => false): Promise<void> {
    const turn = macrotasks();
    await turn();
    for (let at = this.#queue.next; at !== undefined && at <= until && !done(); at = this.#queue.next) {
      this.#elapsed = at;
      for (const event of this.#queue.take()) event.run?.();
      await turn();
    }
    if (!done()) this.#elapsed = Math.max(this.#elapsed, until);
  }
}

/** Turns of the real event loop, by the fastest means there is. */
function macrotasks(): () => Promise<void> {
  const { setImmediate } = globalThis;
  if (setImmediate) return () => new Promise((resolve) => setImmediate(resolve));
  return macrotask;
}
