import { type Clock, monotonic, type Random } from '@steadfetch/core';
import { Controller } from './controller.ts';
import { KnownLimit } from './known-limit.ts';
import type { Permit, Verdict } from './permit.ts';
import { RateLimitError, type RateLimitReason } from './rate-limit-error.ts';
import { type Door, type Visit, WaitingRoom } from './waiting-room.ts';

export interface GateOptions {
  clock: Clock;
  random: Random;
  maxQueue: number;
  limit: { requests: number; per: number } | undefined;
  /** The gate was closed and lets the first one out. */
  onOpen: (gate: Gate) => void;
}

/** All calls of one key pass through here, in order, when the controller lets them. */
export class Gate implements Door {
  readonly key: string;
  readonly controller: Controller;
  readonly now: () => number;
  /** Whether the last permit handed in closed the gate. */
  hasJustClosed = false;
  readonly #room: WaitingRoom;
  readonly #known: KnownLimit | undefined;
  readonly #options: GateOptions;
  #tickets = 0;
  #wasClosed = false;
  #reads = 0;

  constructor(key: string, options: GateOptions) {
    const { limit, random, clock } = options;
    this.key = key;
    this.#options = options;
    this.#known = limit && new KnownLimit(limit.requests, limit.per);
    this.controller = new Controller({ random, known: this.#known });
    this.now = monotonic(clock);
    this.#room = new WaitingRoom(this, clock);
  }

  get waiting(): number {
    return this.#room.size;
  }

  /** Milliseconds until a closed gate opens; 0 while it is open. */
  get opensIn(): number {
    const { closedUntil } = this.controller;
    return closedUntil === undefined ? 0 : Math.max(0, closedUntil - this.now());
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.controller.inFlight === 0;
  }

  /** Whether a response is worth searching for numbers: the first few of a key, then some, or all if they have any. */
  get isCurious(): boolean {
    return this.#reads++ < 8 || this.#reads % 128 === 0 || this.controller.remaining !== undefined;
  }

  nextTicket(): number {
    return this.#tickets++;
  }

  /** Leave to send now, if nobody waits and nothing is in the way. */
  tryEnter(now: number): Permit | undefined {
    return this.waiting === 0 && this.controller.wait(now) === 0 ? this.enter(now) : undefined;
  }

  /** Waits for leave to send. Rejects at once when too many wait or the wait is known to be too long. */
  waitFor(visit: Visit): Promise<Permit> {
    const wait = Math.max(this.opensIn, this.#known?.wait(this.now(), this.waiting) ?? 0);
    if (!visit.returning && this.waiting >= this.#options.maxQueue) {
      return Promise.reject(this.#error('queue-full', wait));
    }
    if (this.now() + wait > visit.deadline) return Promise.reject(this.#error('wait-too-long', wait));
    return this.#room.enter(visit);
  }

  /** Takes in what became of a request, and lets out whoever may go now. */
  settle(permit: Permit, verdict: Verdict): void {
    const { controller } = this;
    const before = controller.closedUntil;
    controller.settle(permit, this.now(), verdict);
    const { closedUntil } = controller;
    this.hasJustClosed = before === undefined && closedUntil !== undefined;
    if (closedUntil !== undefined && closedUntil !== before) {
      this.#wasClosed = true;
      this.#room.dismiss(closedUntil);
    } else if (this.waiting > 0) this.#room.pump();
  }

  wait(now: number): number {
    return this.controller.wait(now);
  }

  enter(now: number): Permit {
    const permit = this.controller.send(now);
    if (this.#wasClosed) this.#options.onOpen(this);
    this.#wasClosed = false;
    return permit;
  }

  tooLong(): RateLimitError {
    return this.#error('wait-too-long', this.opensIn);
  }

  #error(reason: RateLimitReason, retryAfter: number): RateLimitError {
    return new RateLimitError(reason, { key: this.key, retryAfter });
  }
}
