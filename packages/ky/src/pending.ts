import { type Outcome, onAbort, throwIfAborted } from '@steadfetch/core';
import { keepHistory } from '@steadfetch/core/kit';
import type { GiveUpReason } from '@steadfetch/retry';
import { endCall, FailedAttempt, type Retry, waitForRetry } from '@steadfetch/retry/engine';
import { ForceRetryError, isTimeoutError, type Options } from 'ky';
import type { Attempts } from './attempts.ts';
import type { CallEnd } from './call-end.ts';

interface Announced {
  readonly failure: FailedAttempt;
  readonly decision: Retry;
  stage: 'announced' | 'waiting' | 'waited' | 'sent';
}

/** The retry that was announced to the hooks, until its end is. */
export class Pending {
  readonly #options: Options;
  readonly #attempts: Attempts;
  readonly #end: CallEnd;
  #announced: Announced | undefined;
  #stopListening: () => void = () => {};
  /** Whether an abort has ended the call; its end is then emitted. */
  aborted = false;

  constructor(options: Options, attempts: Attempts, end: CallEnd) {
    this.#options = options;
    this.#attempts = attempts;
    this.#end = end;
  }

  /** An init hook that runs after ours may set it. */
  get #signal(): AbortSignal | undefined {
    return this.#options.signal ?? undefined;
  }

  /** The one that has not been sent. */
  get due(): Retry | undefined {
    return this.#announced?.stage === 'sent' ? undefined : this.#announced?.decision;
  }

  /**
   * Until the attempt is sent an abort may end the call without a word to any hook: its reason need not be an `Error`.
   *
   * @throws the reason of an abort by an observer
   */
  announce(failure: FailedAttempt, decision: Retry): void {
    this.#announced = { failure, decision, stage: 'announced' };
    this.#listen((reason) => {
      this.stop('aborted');
      this.#end.reject(reason);
    });
    throwIfAborted(this.#signal);
  }

  /** A hook of the caller forces a retry. ky itself waits before it, and calls no hook for an abort meanwhile. */
  force(): void {
    this.#listen((reason) => this.#end.reject(reason));
  }

  /** Reports an abort in the async context of the call: that of who aborts has the id of another request in a log. */
  #listen(report: (reason: unknown) => void): void {
    const aborted = new Promise<unknown>((resolve) => {
      this.#stopListening = onAbort(this.#signal, (reason) => {
        if (this.#announced?.stage === 'waiting') return;
        if (this.due) this.aborted = true;
        resolve(reason);
      });
    });
    void aborted.then(report);
  }

  /**
   * Waits until the retry is due. Returns whether there is one that was not waited for.
   *
   * @throws the reason of an abort that has ended the call, also one that came while the body of a failed response was read
   */
  async wait(): Promise<boolean> {
    if (this.aborted) throwIfAborted(this.#signal);
    const announced = this.#announced;
    if (!this.due) this.#stopListening();
    if (announced?.stage !== 'announced') return false;
    announced.stage = 'waiting';
    try {
      await waitForRetry(announced.failure, announced.decision);
      announced.stage = 'waited';
      return true;
    } catch (error) {
      // The rules have been notified. ky calls no hook for what is thrown before the `beforeRetry` hooks of the caller.
      this.settle();
      this.#end.emit({ error });
      throw error;
    }
  }

  sent(): void {
    this.#stopListening();
    if (this.#announced) this.#announced.stage = 'sent';
  }

  /** What follows is reported elsewhere. */
  settle(): Announced | undefined {
    const announced = this.#announced;
    this.#stopListening();
    this.#announced = undefined;
    return announced;
  }

  /** Why a call ends with this error, about which no rule was asked. */
  reasonOf(error: Error): GiveUpReason {
    if (isTimeoutError(error)) return 'deadline';
    if (this.#signal?.aborted) return 'aborted';
    return error instanceof ForceRetryError ? 'limit' : 'predicate';
  }

  /** Reports that the call ends here, unless its end was reported. The outcome that it ends with gets the history. */
  stop(reason: GiveUpReason, error?: unknown): void {
    const announced = this.settle();
    if (!announced) return;
    const isSent = announced.stage === 'sent';
    const failure = isSent ? this.#asItStands(announced.failure) : announced.failure;
    keepHistory(failure.response ?? failure.error, failure.past);
    endCall(failure, reason, error, isSent ? undefined : announced.decision.permits);
  }

  /** What the call ends with: the response of the attempt under way, or else what was announced to be repeated. */
  #asItStands({ session, outcome }: FailedAttempt): FailedAttempt {
    const { number, open } = this.#attempts;
    const ending: Outcome | undefined = open?.response ? { response: open.response, failed: false } : outcome;
    return new FailedAttempt(session, number, ending);
  }
}
