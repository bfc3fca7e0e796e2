import type { LastAnswer } from '@steadfetch/core';
import { oneLine } from '@steadfetch/core/kit';

/** A `LocalRefusal`: a call was not made, because its server keeps failing. */
export class CircuitOpenError extends Error {
  override readonly name: string = 'CircuitOpenError';
  readonly local = true;
  readonly reason = 'circuit-open';
  /** Milliseconds until it is worth calling again. */
  readonly retryAfter: number;
  /** Whose circuit it is: the origin, unless `key` says otherwise. */
  readonly key: string;
  /** Not shown when the error is printed: headers may hold secrets. */
  readonly #lastAnswer: LastAnswer | undefined;

  constructor({
    key,
    retryAfter,
    lastAnswer,
  }: { key: string; retryAfter: number; lastAnswer?: LastAnswer | undefined }) {
    const answer = lastAnswer ? `; the last answer was ${lastAnswer.status}` : '';
    super(`The circuit for ${oneLine(key)} is open, worth another call in ${retryAfter} ms${answer}`);
    this.retryAfter = retryAfter;
    this.key = key;
    this.#lastAnswer = lastAnswer;
  }

  /** What the server answered last, to this call or to the ones that opened the circuit. */
  get lastAnswer(): LastAnswer | undefined {
    return this.#lastAnswer;
  }
}
