import { type Outcome, onAbort, throwIfAborted } from '@steadfetch/core';
import type { GiveUpReason } from '@steadfetch/retry';
import { endCall, FailedAttempt, type Retry, waitForRetry } from '@steadfetch/retry/engine';
import { ForceRetryError } from 'ky';
import { isKyTimeout } from './attempt.ts';
import type { Attempts } from './attempts.ts';

interface Announced {
  readonly failure: FailedAttempt;
  readonly decision: Retry;
  stage: 'announced' | 'waiting' | 'waited' | 'sent';
}

/** The retry that `onRetry` hooks know of, from their notification until its end is reported. */
export class Pending {
  readonly #attempts: Attempts;
  #announced: Announced | undefined;
  #stopListening: () => void = () => {};
  /** The abort that has ended the call. Its end is then reported. */
  aborted: { readonly reason: unknown } | undefined;

  constructor(attempts: Attempts) {
    this.#attempts = attempts;
  }

  /** The announced retry, if it has not been sent. */
  get due(): Retry | undefined {
    return this.#announced?.stage === 'sent' ? undefined : this.#announced?.decision;
  }

  /**
   * Records a retry, and reports an abort that comes before the retry is sent. ky itself may end the call then without calling a hook,
   * because the reason of an abort need not be an `Error`.
   *
   * @throws the reason of an abort by an observer
   */
  announce(failure: FailedAttempt, decision: Retry): void {
    this.#announced = { failure, decision, stage: 'announced' };
    this.#listen((reason) => {
      this.stop('aborted');
      this.#attempts.reject(reason);
    });
    throwIfAborted(failure.session.call.signal);
  }

  /** To be called when a hook of the caller forces a retry. ky waits before that retry, and calls no hook for an abort during the wait. */
  force(): void {
    this.#listen((reason) => this.#attempts.reject(reason));
  }

  /** Reports an abort, in the async context of the call: in that of the code that aborts, a log may find the id of another request. */
  #listen(report: (reason: unknown) => void): void {
    const aborted = new Promise<unknown>((resolve) => {
      this.#stopListening = onAbort(this.#attempts.session!.call.signal, (reason) => {
        if (this.#announced?.stage === 'waiting') return;
        if (this.due) this.aborted = { reason };
        resolve(reason);
      });
    });
    void aborted.then(report);
  }

  /**
   * Waits until the announced retry is due. Returns `false` if there is none, or if this was called for it before.
   *
   * @throws the reason of an abort that has ended the call, also one that came while the body of a failed response was read
   */
  async wait(): Promise<boolean> {
    if (this.aborted) throw this.aborted.reason;
    const announced = this.#announced;
    if (!this.due) this.#stopListening();
    if (announced?.stage !== 'announced') return false;
    announced.stage = 'waiting';
    try {
      await waitForRetry(announced.failure, announced.decision);
      announced.stage = 'waited';
      return true;
    } catch (error) {
      // The wait itself has reported the give-up. ky calls no hook for an error that is thrown before the caller's `beforeRetry` hooks.
      this.settle();
      this.#attempts.end({ error });
      throw error;
    }
  }

  sent(): void {
    this.#stopListening();
    if (this.#announced) this.#announced.stage = 'sent';
  }

  /** Forgets the announced retry, and returns it. The caller of this method reports how it ends. */
  settle(): Announced | undefined {
    const announced = this.#announced;
    this.#stopListening();
    this.#announced = undefined;
    return announced;
  }

  /** Why a call ends with this error, which no rule has judged. */
  reasonOf(error: Error): GiveUpReason {
    if (isKyTimeout(error)) return 'deadline';
    if (this.#announced?.failure.session.call.signal?.aborted) return 'aborted';
    return error instanceof ForceRetryError ? 'limit' : 'predicate';
  }

  /** Reports that the call gives up, unless its end was reported before. */
  stop(reason: GiveUpReason, error?: unknown): void {
    const announced = this.settle();
    if (!announced) return;
    const isSent = announced.stage === 'sent';
    const failure = isSent ? this.#withLatestOutcome(announced.failure) : announced.failure;
    endCall(failure, reason, error, isSent ? undefined : announced.decision.permits);
  }

  /** The failure with which the call ends: the response of the current attempt if there is one, else the failure that the retry followed. */
  #withLatestOutcome({ session, outcome }: FailedAttempt): FailedAttempt {
    const { number, open } = this.#attempts;
    const ending: Outcome | undefined = open?.response ? { response: open.response, failed: false } : outcome;
    return new FailedAttempt(session, number, ending);
  }
}
