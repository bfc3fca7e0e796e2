import type { LastAnswer } from '../call/call-record.ts';

/** An error that knows what the server answered before. */
export abstract class AnsweredError extends Error {
  /** Not shown when the error is printed: headers may hold secrets. */
  readonly #lastAnswer: LastAnswer | undefined;

  constructor(message: string, lastAnswer: LastAnswer | undefined, options?: { cause?: unknown }) {
    super(message, options);
    this.#lastAnswer = lastAnswer;
  }

  /** What the server answered last: to the call, or to earlier ones for which it was refused. */
  get lastAnswer(): LastAnswer | undefined {
    return this.#lastAnswer;
  }
}
