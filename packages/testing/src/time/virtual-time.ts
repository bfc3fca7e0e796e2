import { type Clock, onAbort } from '@steadfetch/core';
import { macrotask } from '../contract/macrotask.ts';
import { checkSpan, checkTime } from './clock-start.ts';
import { EventQueue, type TimedEvent } from './event-queue.ts';

/**
 * A `Clock` that jumps from event to event without real waiting, so that benchmarks and pages simulate hours in a moment.
 * It moves in whole milliseconds. A wait takes at least one, as with timers.
 *
 * Time moves only during `run`. Code between two events, including promises, takes no time.
 *
 * @example
 * const time = new VirtualTime(Date.UTC(2025, 0, 1));
 * const steady = retry({ clock: time, random: seededRandom(1) })(server);
 * time.at(1_000, () => void steady(url).then(note));
 * await time.run(60_000);
 */
export class VirtualTime implements Clock {
  /** The first instant, in milliseconds since the epoch. */
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
   * Schedules an event, in milliseconds from the start. An instant in the past means now. Events of the same instant run
   * in the order they were added. `event.run = undefined` cancels it. An error that it throws rejects `run`.
   */
  at(elapsed: number, run: () => void): TimedEvent {
    return this.#queue.add(Math.max(this.#elapsed, Math.ceil(checkTime('VirtualTime: at', elapsed))), run);
  }

  /** Schedules an event after a delay, like `setTimeout`. */
  after(ms: number, run: () => void): TimedEvent {
    return this.#queue.add(this.#elapsed + Math.max(1, Math.ceil(checkTime('VirtualTime: after', ms))), run);
  }

  /** Resolves after `ms`. On an abort, rejects at once with the reason of the signal. */
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
   * Runs all events up to an instant, in milliseconds from the start, or until `done` returns true. After each instant it
   * waits one turn of the real event loop, so that all promises settle. Do not run it twice at the same time.
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
