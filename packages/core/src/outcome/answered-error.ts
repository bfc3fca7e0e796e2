import type { LastAnswer } from '../call/call-record.ts';

/** An error that carries the last answer of the server. */
export abstract class AnsweredError extends Error {
  /** Private, so that printing the error does not show it: headers may hold secrets. */
  readonly #lastAnswer: LastAnswer | undefined;

  constructor(message: string, lastAnswer: LastAnswer | undefined, options?: { cause?: unknown }) {
    super(message, options);
    this.#lastAnswer = lastAnswer;
  }

  /** The last answer of the server: to this call, or to earlier calls whose answers are the reason for refusing this one. */
  get lastAnswer(): LastAnswer | undefined {
    return this.#lastAnswer;
  }
}
