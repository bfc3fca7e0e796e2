import { type Call, type CallChanges, discard, type Next } from '@steadfetch/core';
import { isLast, keepHistory } from '@steadfetch/core/kit';
import { type Arrival, attachBody, type TimeoutSettings } from './body.ts';
import { abortScoped, follow, scopedController } from './link.ts';
import { TimeoutError } from './timeout-error.ts';
import { type Expirable, startTimer, type Timer } from './timer.ts';

interface Settlers {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}

/** One call, with a signal of its own. It settles once; a later response is discarded. */
export class TimedCall implements Expirable, Arrival {
  readonly call: Call;
  readonly settings: TimeoutSettings;
  readonly controller: AbortController = scopedController();
  readonly release: () => void;
  /** Dropped when the call settles. They hold the response, and its body may hold this object: neither could be garbage collected. */
  #settlers: Settlers | undefined;
  #timer: Timer | undefined;

  constructor(call: Call, next: Next, settings: TimeoutSettings, settlers: Settlers) {
    this.call = call;
    this.settings = settings;
    this.#settlers = settlers;
    this.release = follow(call.signal, this);
    if (this.#settlers) this.#send(next); // `follow` has settled the call if its signal had aborted
  }

  get isHeld(): boolean {
    return this.call.record.waitingFor !== undefined;
  }

  /** Ends the call because its headers did not come in time, unless it gets more time. */
  expire(): void {
    if (this.#extend()) return;
    this.release();
    this.stop(new TimeoutError('headers', this.settings.headers!, this.call));
  }

  stop(reason: unknown): void {
    keepHistory(reason, this.call.record.history);
    this.#settle()?.reject(reason);
    abortScoped(this.controller, reason);
  }

  #send(next: Next): void {
    const { call, settings, controller } = this;
    const { headers, time } = settings;
    const changes: CallChanges = { signal: controller.signal };
    call.record.outlasted = 0;
    // The last attempt of a call with a deadline has no timer: to abort it helps only if another attempt may follow.
    if (headers !== undefined && !(isLast(call) && call.remaining() < Infinity)) {
      const timer = startTimer(time, headers, this);
      this.#timer = timer;
      call.record.age ??= () => time.now() - timer.due + headers;
      // this limit is a deadline for the inner layers, but not for what they do after the outcome, such as the refresh of a cache
      changes.remaining = () => (this.#timer ? this.#timer.due - time.now() : Infinity);
    }
    // a mock may return a response instead of a promise
    Promise.resolve(next(call.with(changes))).then(
      (arrived) => this.#arrive(arrived),
      (error) => this.#fail(error),
    );
  }

  /**
   * If no other attempt may follow now, starts the limit once more, or half of the time left if that is less. Returns whether it did.
   * Returns `false` if a rule or the clock throws.
   */
  #extend(): boolean {
    const { call, settings } = this;
    try {
      const left = call.remaining();
      // `left` is 0 after `close()` of a `drain`, which does not end the call
      if (!(call.retried === true && left > 0 && left < Infinity && call.record.mayRetry?.(call) === false))
        return false;
      // At least 1 ms: on a manual clock, half of the time left could otherwise become shorter for ever.
      this.#timer = startTimer(settings.time, Math.min(settings.headers!, Math.max(1, left / 2)), this);
      // a wait in a queue of ours says nothing about the server
      if (call.record.waitingFor === undefined) call.record.outlasted = settings.headers!;
      return true;
    } catch {
      return false;
    }
  }

  #arrive(response: Response): void {
    const settlers = this.#settle();
    try {
      if (settlers) {
        this.#timer = undefined;
        settlers.resolve(attachBody(response, this));
      } else discard(response);
    } catch (error) {
      this.#fail(error, settlers);
    }
  }

  #fail(error: unknown, settlers = this.#settle()): void {
    this.release();
    if (!settlers) return;
    this.#timer = undefined;
    settlers.reject(error);
  }

  /** Stops the timer. Returns the functions that settle the call, or `undefined` if it has settled already. */
  #settle(): Settlers | undefined {
    const settlers = this.#settlers;
    this.#settlers = undefined;
    this.#timer?.clear();
    return settlers;
  }
}
