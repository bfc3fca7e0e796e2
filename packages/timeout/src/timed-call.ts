import { type Call, type CallChanges, discard, type Next } from '@steadfetch/core';
import { isLast, keepHistory } from '@steadfetch/core/kit';
import { type Arrival, attachBody, type TimeoutSettings } from './body.ts';
import { abortScoped, follow, scopedController } from './link.ts';
import { TimeoutError } from './timeout-error.ts';
import { type Expirable, startTimer, type Timer } from './timer.ts';

/** How the promise of a call is settled. */
interface Settlers {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}

/** One call with a signal of its own. Settles once: what comes later is discarded. */
export class TimedCall implements Expirable, Arrival {
  readonly call: Call;
  readonly settings: TimeoutSettings;
  readonly controller: AbortController = scopedController();
  readonly release: () => void;
  /** Dropped when the call settles: they hold the response, which could not be collected as garbage where its body holds this object. */
  #settlers: Settlers | undefined;
  #timer: Timer | undefined;

  constructor(call: Call, next: Next, settings: TimeoutSettings, settlers: Settlers) {
    this.call = call;
    this.settings = settings;
    this.#settlers = settlers;
    this.release = follow(call.signal, this);
    if (this.#settlers) this.#send(next); // a signal that has aborted already has settled the call
  }

  get isHeld(): boolean {
    return this.call.record.waitingFor !== undefined;
  }

  /** Ends the call, whose headers did not come in time, unless `#goesOn`. */
  expire(): void {
    if (this.#goesOn()) return;
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
    // cutting an attempt helps only if another one may follow
    if (headers !== undefined && !(isLast(call) && call.remaining() < Infinity)) {
      const timer = startTimer(time, headers, this);
      this.#timer = timer;
      call.record.age ??= () => time.now() - timer.due + headers;
      // an outer limit is a deadline for the layers inside
      changes.remaining = () => this.#timer!.due - time.now();
    }
    // a mock may return the response itself
    Promise.resolve(next(call.with(changes))).then(
      (arrived) => this.#arrive(arrived),
      (error) => this.#fail(error),
    );
  }

  /**
   * If no other attempt may follow now, starts the limit once more, or half of the time that is left if that is less. Returns whether it
   * did; `false` if a rule or the clock throws.
   */
  #goesOn(): boolean {
    const { call, settings } = this;
    try {
      const left = call.remaining();
      // after the `close()` of a `drain` no time is left, but nothing ends the call
      if (!(call.retried === true && left > 0 && left < Infinity && call.record.mayRetry?.(call) === false))
        return false;
      // no less than a millisecond: on a clock that is moved by hand what is left could be halved without an end
      this.#timer = startTimer(settings.time, Math.min(settings.headers!, Math.max(1, left / 2)), this);
      // the server is not responsible for a wait in a queue of ours
      if (call.record.waitingFor === undefined) call.record.outlasted = settings.headers!;
      return true;
    } catch {
      return false;
    }
  }

  #arrive(response: Response): void {
    const settlers = this.#settle();
    try {
      if (settlers) settlers.resolve(attachBody(response, this));
      else discard(response);
    } catch (error) {
      this.#fail(error, settlers);
    }
  }

  #fail(error: unknown, settlers = this.#settle()): void {
    this.release();
    settlers?.reject(error);
  }

  /** Returns the functions to the first that asks. */
  #settle(): Settlers | undefined {
    const settlers = this.#settlers;
    this.#settlers = undefined;
    this.#timer?.clear();
    return settlers;
  }
}
