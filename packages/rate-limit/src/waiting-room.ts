import { type Clock, MAX_TIMER, onAbort, throwIfAborted } from '@steadfetch/core';
import { Alarm } from './alarm.ts';
import { Line, type Waiter } from './line.ts';
import type { Permit } from './permit.ts';

/** One call that waits: its place in the line, and how long it may be held. */
export interface Visit {
  readonly ticket: number;
  /** It was refused and comes back: there is room for it. */
  readonly returning: boolean;
  /** When it has been held for too long. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/** What those who wait wait for. */
export interface Door {
  now(): number;
  /** Milliseconds until the next one may go: 0 for now, `Infinity` if only an event can tell. */
  wait(now: number): number;
  /** Lets the next one go. */
  enter(now: number): Permit;
  /** What to tell those who have waited for too long. */
  tooLong(): Error;
}

/** Where calls wait for their turn: in order, with one timer for all of them. */
export class WaitingRoom {
  readonly #door: Door;
  readonly #line = new Line();
  readonly #alarm: Alarm;

  constructor(door: Door, clock: Clock) {
    this.#door = door;
    this.#alarm = new Alarm(clock, () => this.pump());
  }

  get size(): number {
    return this.#line.size;
  }

  /** Resolves with leave to send, or rejects with the caller's reason at once when it aborts. */
  enter(visit: Visit): Promise<Permit> {
    return new Promise((resolve, reject) => {
      throwIfAborted(visit.signal);
      const leave = () => {
        release();
        this.#line.leave(waiter);
      };
      const waiter: Waiter = {
        ticket: visit.ticket,
        deadline: visit.deadline,
        admit: (now) => {
          leave();
          resolve(this.#door.enter(now));
        },
        reject: (reason) => {
          leave();
          reject(reason);
        },
        before: undefined,
        after: undefined,
      };
      this.#line.join(waiter);
      const release = onAbort(visit.signal, (reason) => {
        waiter.reject(reason);
        this.pump();
      });
      this.pump();
    });
  }

  /** Lets out whoever may go now. */
  pump(): void {
    const now = this.#door.now();
    for (let { first } = this.#line; first; first = this.#line.first) {
      const wait = this.#door.wait(now);
      if (first.deadline <= now) first.reject(this.#door.tooLong());
      else if (wait === 0) first.admit(now);
      else {
        this.#alarm.set(now, Math.min(Math.ceil(wait), first.deadline - now, MAX_TIMER));
        return;
      }
    }
    this.#alarm.stop();
  }

  /** Nobody goes before `until`: those that may not be held for so long need not wait at all. */
  dismiss(until: number): void {
    for (const waiter of this.#line) if (waiter.deadline < until) waiter.reject(this.#door.tooLong());
    this.pump();
  }
}
