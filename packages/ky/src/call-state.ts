import type { Outcome } from '@steadfetch/core';
import {
  handleFailure,
  isJudged,
  keepAnswer,
  type Retry,
  recordAttempt,
  recordSuccess,
} from '@steadfetch/retry/engine';
import { type Attempt, outcomeOf, withHistory } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import { Pending } from './pending.ts';

/**
 * Decides what follows each attempt of one call, and reports how the call ends. The retry rules judge each attempt that has ended. A
 * retry that they decide on is pending until it is sent. Each call has exactly one end.
 */
export class CallState {
  readonly #attempts: Attempts;
  readonly #pending: Pending;
  /** The latest decision of the rules. ky's timeout can come before it is made. */
  #decision: Promise<Retry | undefined> | undefined;
  #isOver = false;

  constructor(attempts: Attempts) {
    this.#attempts = attempts;
    this.#pending = new Pending(attempts);
  }

  /** To be called when a request is sent. From then on the pending retry ends as its attempt does. */
  sent(): void {
    this.#pending.sent();
  }

  /** Returns the retry to make after this response. Returns `undefined` if the call ends with the response. */
  async judgeResponse(attempt: Attempt, response: Response): Promise<Retry | undefined> {
    let due: Retry | undefined;
    if (isJudged(response, this.#attempts.policy)) {
      due = await this.#judge(attempt, { response, failed: false });
    } else {
      const session = this.#attempts.close(attempt);
      this.#pending.settle();
      if (!this.#pending.aborted) recordSuccess(session, this.#attempts.number, response);
    }
    if (due) keepAnswer(this.#attempts.session!.call, response, due);
    else this.#attempts.end({ response });
    return due;
  }

  /** Rethrows what an attempt threw. Judges it first if it ends the call and is not an `Error`, because ky then calls no hook. */
  async judgeLast(attempt: Attempt, error: unknown): Promise<never> {
    const isLast = this.#attempts.limitReached && this.#attempts.open === attempt;
    if (isLast && !(error instanceof Error)) await this.#judge(attempt, { error, failed: true });
    throw error;
  }

  /** Returns whether ky's loop should go on after this error. If so, waits first until the next attempt is due. */
  async judgeError(error: Error): Promise<boolean> {
    const attempt = this.#attempts.open;
    const outcome = attempt && outcomeOf(attempt, error);
    if (outcome) await this.#judge(attempt, outcome);
    // ky's timeout may come while the rules judge a response.
    else await this.#decision?.catch(() => {});
    return this.#pending.wait();
  }

  /** Judges an attempt that has ended. Returns the retry to make, if any. Reports the end of the call if ky calls no hook for it. */
  #judge(attempt: Attempt, outcome: Outcome): Promise<Retry | undefined> {
    this.#decision = this.#decide(attempt, outcome).then(
      (due) => {
        if (!due && outcome.failed) this.#attempts.reject(outcome.error);
        return due;
      },
      (thrown) => {
        this.#attempts.reject(thrown);
        throw thrown;
      },
    );
    return this.#decision;
  }

  /** Asks the rules, which call the hooks of `retry`. */
  async #decide(attempt: Attempt, outcome: Outcome): Promise<Retry | undefined> {
    const failure = this.#attempts.closeFailed(attempt, outcome);
    this.#pending.settle();
    if (this.#pending.aborted) return undefined;
    const decision = await handleFailure(failure);
    if (decision.retry) this.#pending.announce(failure, decision);
    // ky's `totalTimeout` has ended the call meanwhile.
    if (this.#isOver) this.#pending.stop('deadline');
    return this.#pending.due;
  }

  /** To be called when a hook of the caller forces a retry. Records the attempt before it, which no rule judges. */
  forced(attempt: Attempt): void {
    const { number } = this.#attempts;
    recordAttempt(this.#attempts.closeRepeated(attempt), number, { response: attempt.response!, failed: false });
    this.#pending.force();
  }

  /** How long ky itself waits before a retry: 0 if we have waited already; our backoff if a hook of the caller forces the retry. */
  delay(attempt: number): number {
    return this.#pending.due ? 0 : this.#attempts.backoff(attempt);
  }

  /** To be called before each retry. If ky skipped `shouldRetry`, in which we wait otherwise, waits here until the retry is due. */
  async beforeRetry(attempt: number): Promise<void> {
    await this.#pending.wait();
    this.#attempts.number = attempt;
  }

  /** To be called when ky ends the call with this error. Judges it if ky skipped `shouldRetry`. Returns the error to throw. */
  async end(error: Error): Promise<Error> {
    const attempt = this.#attempts.open;
    const outcome = attempt && outcomeOf(attempt, error);
    this.#isOver = true;
    let ending = error;
    try {
      if (outcome) await this.#decide(attempt, outcome);
      this.#pending.stop(this.#pending.reasonOf(error), error);
    } catch (thrown) {
      // The `beforeError` hooks of the caller come next, and must see this error.
      if (!(thrown instanceof Error)) throw thrown;
      ending = thrown;
    } finally {
      this.#attempts.end(outcome?.response ? { response: outcome.response } : { error: outcome?.error ?? error });
    }
    return withHistory(ending, this.#attempts.session?.call.record.history);
  }

  /** To be called when a hook of the caller ends the call. `isFinal` says that ky calls no further hook, as for a value that is not an `Error`. */
  stopByHook(error: unknown, isFinal: boolean = !(error instanceof Error)): void {
    this.#pending.stop('predicate', error);
    if (isFinal) this.#attempts.end({ error });
  }
}
