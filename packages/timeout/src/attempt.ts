import { type Call, type CallChanges, discard, type Next } from '@steadfetch/core';
import { abortScoped, onScopedAbort, scopedController } from './follow.ts';
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
export class Attempt implements Alarm, Arrival {
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
    this.release = onScopedAbort(call.signal, (reason) => this.#stop(reason));
    if (this.#waits) this.#send(next);
  }

  /** The headers took too long. */
  expire(): void {
    this.release();
    this.#stop(new TimeoutError('headers', this.limits.headers!, sourceOf(this.call)));
  }

  #send(next: Next): void {
    const { headers, time } = this.limits;
    if (headers !== undefined) this.#timer = startTimer(time, headers, this);
    const response = next(this.call.with(changes(this.controller.signal, this.#timer)));
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

  #stop(reason: unknown): void {
    if (this.#settle()) this.#reject(reason);
    abortScoped(this.controller, reason);
  }

  /** Gives whether it was the first to settle. */
  #settle(): boolean {
    const waited = this.#waits;
    this.#waits = false;
    this.#timer?.callOff();
    return waited;
  }
}

/** An outer limit is a deadline to those inside. */
function changes(signal: AbortSignal, timer: Timer | undefined): CallChanges {
  return timer ? { signal, remaining: () => timer.remaining() } : { signal };
}
