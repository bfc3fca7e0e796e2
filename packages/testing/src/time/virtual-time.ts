import { type Clock, onAbort } from '@steadfetch/core';
import { macrotask } from '../contract/macrotask.ts';
import { checkSpan, checkTime } from './clock-start.ts';
import { EventQueue, type TimedEvent } from './event-queue.ts';

/**
 * Time that jumps from event to event, and waits for nothing: for benchmarks and pages that live through hours in a
 * moment. It is a `Clock` for any middleware. It moves in whole milliseconds; a wait takes at least one, as with timers.
 *
 * Time stands still until `run`. What is done between two events, also by promises, takes none.
 *
 * @example
 * const time = new VirtualTime(Date.UTC(2025, 0, 1));
 * const steady = retry({ clock: time, random: seededRandom(1) })(server);
 * time.at(1_000, () => void steady(url).then(note));
 * await time.run(60_000);
 */
export class VirtualTime implements Clock {
  /** Where it began, in milliseconds since the epoch. */
  readonly start: number;
  readonly #queue = new EventQueue();
  #elapsed = 0;

  constructor(start: number) {
    this.start = checkSpan('VirtualTime: start', start);
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.start + this.#elapsed;
  }

  /**
   * Has something run at an instant, in milliseconds from the start; one that has passed is now. Events of one instant
   * run in the order they were added. `event.run = undefined` calls it off. What it throws rejects `run`.
   */
  at(elapsed: number, run: () => void): TimedEvent {
    return this.#queue.add(Math.max(this.#elapsed, Math.ceil(checkTime('VirtualTime: at', elapsed))), run);
  }

  /** Has something run after a wait, as `setTimeout`. */
  after(ms: number, run: () => void): TimedEvent {
    return this.#queue.add(this.#elapsed + Math.max(1, Math.ceil(checkTime('VirtualTime: after', ms))), run);
  }

  /** Resolves after `ms`; rejects at once with the reason of the signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
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

  /**
   * Lives through all events up to an instant, in milliseconds from the start, or until `done` says so after one. After
   * each instant all promises settle: one turn of the real event loop. One run at a time.
   */
  async run(until: number, done: () => boolean = () => false): Promise<void> {
    checkTime('VirtualTime: run', until);
    await macrotask();
    for (let at = this.#queue.next; at !== undefined && at <= until && !done(); at = this.#queue.next) {
      this.#elapsed = at;
      for (const event of this.#queue.take()) event.run?.();
      await macrotask();
    }
    if (!done()) this.#elapsed = Math.max(this.#elapsed, until);
  }
}
