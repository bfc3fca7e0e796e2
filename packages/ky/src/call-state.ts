import type { Outcome } from '@steadfetch/core';
import {
  handleFailure,
  isJudged,
  keepAnswer,
  type Retry,
  recordAttempt,
  recordSuccess,
} from '@steadfetch/retry/engine';
import type { Options } from 'ky';
import { type Attempt, outcomeOf, withHistory } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import { Pending } from './pending.ts';

/**
 * What is decided about one call of ky: each attempt that has ended is judged, the retry that follows is pending until it is sent,
 * and the call has one end.
 */
export class CallState {
  readonly #attempts: Attempts;
  readonly #pending: Pending;
  /** The last decision of the rules, made or under way. A timeout of ky can come before it is made. */
  #judging: Promise<Retry | undefined> | undefined;
  #isOver = false;

  constructor(options: Options, attempts: Attempts) {
    this.#attempts = attempts;
    this.#pending = new Pending(options, attempts);
  }

  /** The pending retry is sent: its end is that of the attempt. */
  sent(): void {
    this.#pending.sent();
  }

  /** Returns the decision to repeat the call, if it is that. Else the call ends with this response. */
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

  /** Judges what the last attempt threw if that is no `Error`, since ky calls no hook for it. Throws it again. */
  async judgeLast(attempt: Attempt, error: unknown): Promise<never> {
    const isLast = this.#attempts.areSpent && this.#attempts.open === attempt;
    if (isLast && !(error instanceof Error)) await this.#judge(attempt, { error, failed: true });
    throw error;
  }

  /** Returns whether ky's loop goes on after this error. If so, it waits first until the next attempt is due. */
  async judgeError(error: Error): Promise<boolean> {
    const attempt = this.#attempts.open;
    const outcome = attempt && outcomeOf(attempt, error);
    if (outcome) await this.#judge(attempt, outcome);
    // A timeout of ky may come while a response is judged.
    else await this.#judging?.catch(() => {});
    return this.#pending.wait();
  }

  /** Judges an attempt that has ended. Returns the decision to repeat it, if it is that. Where ky calls no hook for it, the call ends here. */
  #judge(attempt: Attempt, outcome: Outcome): Promise<Retry | undefined> {
    this.#judging = this.#decide(attempt, outcome).then(
      (due) => {
        if (!due && outcome.failed) this.#attempts.reject(outcome.error);
        return due;
      },
      (thrown) => {
        this.#attempts.reject(thrown);
        throw thrown;
      },
    );
    return this.#judging;
  }

  /** Asks the rules, which call the hooks of `retry`. */
  async #decide(attempt: Attempt, outcome: Outcome): Promise<Retry | undefined> {
    const failure = this.#attempts.closeFailed(attempt, outcome);
    this.#pending.settle();
    if (this.#pending.aborted) return undefined;
    const decision = await handleFailure(failure);
    if (decision.retry) this.#pending.announce(failure, decision);
    // ky's `totalTimeout` has run out meanwhile.
    if (this.#isOver) this.#pending.stop('deadline');
    return this.#pending.due;
  }

  /** Records an attempt that a hook of the caller repeats, whatever came of it. No rule is asked. */
  passOver(attempt: Attempt): void {
    const { number } = this.#attempts;
    recordAttempt(this.#attempts.close(attempt), number, { response: attempt.response!, failed: false });
    this.#pending.force();
  }

  /** How long ky itself waits: not at all after our own wait, else our backoff before a retry that another hook forces. */
  delay(attempt: number): number {
    return this.#pending.due ? 0 : this.#attempts.backoff(attempt);
  }

  /** ky goes on to this attempt. Where it has not asked us, the wait follows here. */
  async again(attempt: number): Promise<void> {
    await this.#pending.wait();
    this.#attempts.number = attempt;
  }

  /** ky ends the call with this error. Judges it where ky has not asked, since its limit is spent. Returns the error to end with. */
  async end(error: Error): Promise<Error> {
    const attempt = this.#attempts.open;
    const outcome = attempt && outcomeOf(attempt, error);
    this.#isOver = true;
    let ending = error;
    try {
      if (outcome) await this.#decide(attempt, outcome);
      this.#pending.stop(this.#pending.reasonOf(error), error);
    } catch (thrown) {
      // The hooks of the caller come next, and must see it.
      if (!(thrown instanceof Error)) throw thrown;
      ending = thrown;
    } finally {
      this.#attempts.end(outcome?.response ? { response: outcome.response } : { error: outcome?.error ?? error });
    }
    return withHistory(ending, this.#attempts.session?.call.record.history);
  }

  /** A hook of the caller ends the call with this error. `isFinal`: ky calls no hook after it, as for what is no `Error`. */
  stopByHook(error: unknown, isFinal: boolean = !(error instanceof Error)): void {
    this.#pending.stop('predicate', error);
    if (isFinal) this.#attempts.end({ error });
  }
}
