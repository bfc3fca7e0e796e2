import { type Clock, MAX_TIMER, monotonic, onAbort, type Random, throwIfAborted } from '@steadfetch/core';
import { Alarm } from './alarm.ts';
import { Controller } from './controller.ts';
import { KnownLimit } from './known-limit.ts';
import { Line, type Waiter } from './line.ts';
import type { Permit, Verdict } from './permit.ts';
import { RateLimitError } from './rate-limit-error.ts';

export interface GateOptions {
  clock: Clock;
  random: Random;
  maxQueue: number;
  limit: { requests: number; per: number } | undefined;
  /** The gate opened: told with how many calls wait. */
  onOpen: (gate: Gate) => void;
}

/** One call at a gate: its place in the line, and how long it may be held. */
export interface Visit {
  readonly ticket: number;
  /** It was refused and comes back: there is room for it. */
  readonly returning: boolean;
  /** When it has been held for too long. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/** All calls of one key pass through here, in order, when the controller lets them. */
export class Gate {
  readonly key: string;
  readonly controller: Controller;
  readonly now: () => number;
  /** Whether the last permit handed in closed the gate. */
  hasJustClosed = false;
  readonly #line = new Line();
  readonly #known: KnownLimit | undefined;
  readonly #options: GateOptions;
  readonly #alarm: Alarm;
  #tickets = 0;
  #wasClosed = false;
  #reads = 0;

  constructor(key: string, options: GateOptions) {
    this.key = key;
    this.#options = options;
    this.#known = options.limit && new KnownLimit(options.limit.requests, options.limit.per);
    this.controller = new Controller({ random: options.random, known: this.#known });
    this.now = monotonic(options.clock);
    this.#alarm = new Alarm(options.clock, () => this.pump());
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Milliseconds until a closed gate opens; 0 while it is open. */
  get opensIn(): number {
    const { closedUntil } = this.controller;
    return closedUntil === undefined ? 0 : Math.max(0, closedUntil - this.now());
  }

  get isIdle(): boolean {
    return this.#line.size === 0 && this.controller.inFlight === 0;
  }

  nextTicket(): number {
    return this.#tickets++;
  }

  /** Whether a response is worth searching for numbers: the first few of a key, then some, or all if they have any. */
  get isCurious(): boolean {
    return this.#reads++ < 8 || this.#reads % 128 === 0 || this.controller.remaining !== undefined;
  }

  /** Leave to send now, if nobody waits and nothing is in the way. */
  tryEnter(now: number): Permit | undefined {
    return this.#line.size === 0 && this.controller.wait(now) === 0 ? this.#send(now) : undefined;
  }

  /** Waits for leave to send. Rejects at once when the line is full or the wait is known to be too long. */
  enter(visit: Visit): Promise<Permit> {
    return new Promise((resolve, reject) => {
      throwIfAborted(visit.signal);
      const now = this.now();
      this.#checkRoom(visit, now);
      const waiter: Waiter = {
        ...visit,
        before: undefined,
        after: undefined,
        admit: () => {
          release();
          resolve(this.#send(this.now()));
        },
        reject: (reason) => {
          release();
          this.#line.leave(waiter);
          reject(reason);
        },
      };
      this.#line.join(waiter);
      const release = onAbort(visit.signal, (reason) => {
        waiter.reject(reason);
        this.pump();
      });
      this.pump();
    });
  }

  /** Takes in what became of a request, and lets out whoever may go now. */
  settle(permit: Permit, verdict: Verdict): void {
    const { controller } = this;
    const before = controller.closedUntil;
    controller.settle(permit, this.now(), verdict);
    this.hasJustClosed = before === undefined && controller.closedUntil !== undefined;
    if (controller.closedUntil !== before) this.#close();
    if (this.#line.size > 0) this.pump();
  }

  pump(): void {
    const now = this.now();
    for (let { first } = this.#line; first; first = this.#line.first) {
      const wait = this.controller.wait(now);
      if (wait === 0) {
        this.#line.leave(first);
        first.admit();
        continue;
      }
      if (first.deadline <= now) {
        first.reject(this.#tooLong());
        continue;
      }
      this.#alarm.set(now, Math.min(Math.ceil(wait), first.deadline - now, MAX_TIMER));
      return;
    }
    this.#alarm.stop();
  }

  #send(now: number): Permit {
    const permit = this.controller.send(now);
    if (this.#wasClosed) this.#options.onOpen(this);
    this.#wasClosed = false;
    return permit;
  }

  /** Those that would wait too long need not wait at all. */
  #close(): void {
    this.#wasClosed = true;
    const { closedUntil = 0 } = this.controller;
    for (const waiter of this.#line) if (waiter.deadline < closedUntil) waiter.reject(this.#tooLong());
  }

  #tooLong(): RateLimitError {
    return new RateLimitError('wait-too-long', { key: this.key, retryAfter: this.opensIn });
  }

  #checkRoom(visit: Visit, now: number): void {
    const { key } = this;
    const wait = Math.max(this.opensIn, this.#known?.wait(now, this.#line.size) ?? 0);
    const isFull = !visit.returning && this.#line.size >= this.#options.maxQueue;
    if (isFull) throw new RateLimitError('queue-full', { key, retryAfter: wait });
    if (now + wait > visit.deadline) throw new RateLimitError('wait-too-long', { key, retryAfter: wait });
  }
}
