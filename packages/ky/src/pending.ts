import { type Outcome, onAbort } from '@steadfetch/core';
import { keepHistory } from '@steadfetch/core/kit';
import type { GiveUpReason } from '@steadfetch/retry';
import { cancelRetry, FailedAttempt, type Retry, waitForRetry } from '@steadfetch/retry/engine';
import { ForceRetryError, isTimeoutError } from 'ky';

/** Where the call stands when it ends: the number of the attempt, and what came of it. */
interface Progress {
  readonly attempt: number;
  readonly response?: Response | undefined;
}

interface Announced {
  readonly failure: FailedAttempt;
  readonly decision: Retry;
  stage: 'announced' | 'waiting' | 'waited' | 'sent';
  stopListening: () => void;
}

/** The retry that was announced to the hooks, until its end is. */
export class Pending {
  readonly #signal: AbortSignal | undefined;
  #announced: Announced | undefined;
  /** Whether an abort has ended the call, and its end was emitted. */
  aborted = false;
  readonly #onAborted: (reason: unknown) => void;

  constructor(signal: AbortSignal | undefined, onAborted: (reason: unknown) => void) {
    this.#onAborted = onAborted;
    this.#signal = signal;
  }

  /** Whether there is one that has not been waited for. */
  get isNew(): boolean {
    return this.#announced?.stage === 'announced';
  }

  /** The one that has not been sent. */
  get due(): Retry | undefined {
    return this.#announced?.stage === 'sent' ? undefined : this.#announced?.decision;
  }

  /** Until the attempt is sent an abort may end the call without a word to any hook: its reason need not be an `Error`. */
  announce(failure: FailedAttempt, decision: Retry): void {
    const announced: Announced = { failure, decision, stage: 'announced', stopListening: () => {} };
    this.#announced = announced;
    announced.stopListening = onAbort(this.#signal, (reason) => {
      if (announced.stage === 'waiting') return;
      this.aborted = true;
      this.stop('aborted');
      this.#onAborted(reason);
    });
  }

  async wait(): Promise<void> {
    const announced = this.#announced;
    if (announced?.stage !== 'announced') return;
    announced.stage = 'waiting';
    try {
      await waitForRetry(announced.failure, announced.decision);
      announced.stage = 'waited';
    } catch (error) {
      // The hooks have been called.
      this.settle();
      throw error;
    }
  }

  sent(): void {
    this.#announced?.stopListening();
    if (this.#announced) this.#announced.stage = 'sent';
  }

  /** What follows is reported elsewhere. */
  settle(): Announced | undefined {
    const announced = this.#announced;
    announced?.stopListening();
    this.#announced = undefined;
    return announced;
  }

  /** Reports that the call ends here, unless its end was reported. The error that it ends with gets the history. */
  stop(reason: GiveUpReason, error?: unknown, now?: Progress): void {
    const announced = this.settle();
    if (!announced) return;
    const { decision } = announced;
    const sent = announced.stage === 'sent';
    const failure = sent && now ? endedNow(announced.failure, now) : announced.failure;
    keepHistory(failure.response ?? failure.error, failure.past);
    cancelRetry(failure, reason, error, sent ? undefined : decision.permits);
  }

  /** Why a call ends with this error, about which no rule was asked. */
  reasonOf(error: Error): GiveUpReason {
    if (isTimeoutError(error)) return 'deadline';
    if (this.#signal?.aborted) return 'aborted';
    return error instanceof ForceRetryError ? 'limit' : 'predicate';
  }
}

/** What the call ends with: the response of the attempt under way, or else what was announced to be repeated. */
function endedNow({ session, outcome }: FailedAttempt, { attempt, response }: Progress): FailedAttempt {
  const ending: Outcome | undefined = response ? { response, failed: false } : outcome;
  return new FailedAttempt(session, attempt, ending);
}
