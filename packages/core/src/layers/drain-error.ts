import type { LastAnswer } from '../call/call-record.ts';

/**
 * A `LocalRefusal`: a call that was ended, or not begun, because its client is shutting down. A request that was under way
 * may have had its effect: see `drain`.
 */
export class DrainError extends Error {
  override readonly name = 'DrainError';
  readonly local = true;
  readonly reason = 'draining';
  /** The status that the server answered last, if the call has had an answer. */
  readonly status: number | undefined;
  /** Not shown when the error is printed: headers may hold secrets. */
  readonly #lastAnswer: LastAnswer | undefined;

  constructor(what: string, lastAnswer?: LastAnswer, options?: ErrorOptions) {
    super(`drain: ${what}${lastAnswer ? `; the last answer was ${lastAnswer.status}` : ''}`, options);
    this.status = lastAnswer?.status;
    this.#lastAnswer = lastAnswer;
  }

  /** What the server answered last, if the call has had an answer. */
  get lastAnswer(): LastAnswer | undefined {
    return this.#lastAnswer;
  }
}
