import { type Outcome, onAbort } from '@steadfetch/core';
import type { Decision, GiveUpReason, Series } from '@steadfetch/retry';
import { ForceRetryError, isTimeoutError } from 'ky';
import { withHistoryOf } from './attempt.ts';

type Retry = Decision & { retry: true };

/** Where the call stands when it ends: the number of the attempt, and what came of it. */
interface Standing {
  readonly attempt: number;
  readonly response?: Response | undefined;
}

interface Announced {
  readonly series: Series;
  readonly decision: Retry;
  readonly outcome: Outcome;
  readonly attempt: number;
  readonly response?: undefined;
  stage: 'told' | 'waiting' | 'waited' | 'sent';
  deafen: () => void;
}

/** The retry that the hooks were told of, until they are told how it ended. */
export class Pending {
  readonly #signal: AbortSignal | undefined;
  #announced: Announced | undefined;
  #aborted = false;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Whether an abort has ended the call, and was told. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** Whether there is one that has not been waited for. */
  get isNew(): boolean {
    return this.#announced?.stage === 'told';
  }

  /** Whether there is one that has not been sent. */
  get isDue(): boolean {
    return this.#announced !== undefined && this.#announced.stage !== 'sent';
  }

  /** Until the attempt is sent an abort may end the call without a word to any hook: its reason need not be an `Error`. */
  announce(series: Series, decision: Retry, outcome: Outcome): void {
    const { attempt } = series;
    const announced: Announced = { series, decision, outcome, attempt, stage: 'told', deafen: () => {} };
    this.#announced = announced;
    announced.deafen = onAbort(this.#signal, () => {
      if (announced.stage === 'waiting') return;
      this.#aborted = true;
      this.stop('aborted');
    });
  }

  /** Waits until the attempt is due. */
  async wait(): Promise<void> {
    const announced = this.#announced;
    if (announced?.stage !== 'told') return;
    announced.stage = 'waiting';
    try {
      await announced.series.wait(announced.decision, announced.outcome);
      announced.stage = 'waited';
    } catch (error) {
      // The hooks have been told.
      this.settle();
      throw error;
    }
  }

  sent(): void {
    this.#announced?.deafen();
    if (this.#announced) this.#announced.stage = 'sent';
  }

  /** What follows is told by somebody else. */
  settle(): Announced | undefined {
    const announced = this.#announced;
    announced?.deafen();
    this.#announced = undefined;
    return announced;
  }

  /** Tells that the call ends here, if nobody has told its end. The error that it ends with gets the history. */
  stop(reason: GiveUpReason, error?: unknown, now?: Standing): void {
    const announced = this.settle();
    if (!announced) return;
    const { series, decision } = announced;
    const sent = announced.stage === 'sent';
    const { attempt, response } = sent && now ? now : announced;
    series.attempt = attempt;
    const outcome: Outcome = response ? { response, failed: false } : announced.outcome;
    series.stopped(outcome, reason, sent ? undefined : decision.permit);
    if (error instanceof Error) withHistoryOf(error, outcome.response ?? outcome.error);
  }

  /** Why a call ends with this error, which nobody was asked about. */
  reasonOf(error: Error): GiveUpReason {
    if (isTimeoutError(error)) return 'deadline';
    if (this.#signal?.aborted) return 'aborted';
    return error instanceof ForceRetryError ? 'limit' : 'predicate';
  }
}
