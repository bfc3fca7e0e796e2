import { type Call, discard, keepHistory, type Next } from '@steadfetch/core';
import { abortScoped, type Follower, onScopedAbort, scopedController } from './follow.ts';
import { type Arrival, handOver } from './hand-over.ts';
import { sourceOf } from './source-of.ts';
import { type Alarm, startTimer, type Time, type Timer } from './start-timer.ts';
import { TimeoutError } from './timeout-error.ts';

export interface Limits {
  headers: number | undefined;
  body: number | undefined;
  time: Time;
}

/** One call with a signal of its own. Settles once: what comes later is let go. */
export class Attempt implements Alarm, Arrival, Follower {
  readonly result: Promise<Response>;
  readonly call: Call;
  readonly limits: Limits;
  readonly controller: AbortController = scopedController();
  readonly release: () => void;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #waits = true;
  #timer: Timer | undefined;

  constructor(call: Call, next: Next, limits: Limits) {
    this.call = call;
    this.limits = limits;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.release = onScopedAbort(call.signal, this);
    if (this.#waits) this.#send(next);
  }

  /** The headers took too long. */
  expire(): void {
    this.release();
    const error = new TimeoutError('headers', this.limits.headers!, sourceOf(this.call));
    keepHistory(error, this.call.record.history);
    this.stop(error);
  }

  stop(reason: unknown): void {
    if (this.#settle()) this.#reject(reason);
    abortScoped(this.controller, reason);
  }

  #send(next: Next): void {
    const { headers, time } = this.limits;
    const { signal } = this.controller;
    const timer = headers === undefined || mayTakeLonger(this.call) ? undefined : startTimer(time, headers, this);
    this.#timer = timer;
    // an outer limit is a deadline to those inside
    const response = next(this.call.with(timer ? { signal, remaining: () => timer.remaining() } : { signal }));
    // a mock may give the response itself
    Promise.resolve(response).then(
      (arrived) => this.#arrive(arrived),
      (error) => this.#fail(error),
    );
  }

  #arrive(response: Response): void {
    if (this.#settle()) this.#handOn(response);
    else discard(response);
  }

  #handOn(response: Response): void {
    try {
      this.#resolve(handOver(response, this));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#settle();
    this.release();
    this.#reject(error);
  }

  /** Gives whether it was the first to settle. */
  #settle(): boolean {
    const waited = this.#waits;
    this.#waits = false;
    this.#timer?.callOff();
    return waited;
  }
}

/** Cutting an attempt helps only if another one may follow. Where none will, the limit for the whole call is enough. */
function mayTakeLonger(call: Call): boolean {
  return (call.retried === 'last' || call.retried === 'off') && call.remaining() < Infinity;
}
