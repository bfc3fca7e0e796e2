import type { LastAnswer } from '@steadfetch/core';
import { AnsweredError, oneLine } from '@steadfetch/core/kit';

/** A `LocalRefusal`: a call was not made, because its server keeps failing. */
export class CircuitOpenError extends AnsweredError {
  override readonly name = 'CircuitOpenError';
  readonly local = true;
  readonly reason = 'circuit-open';
  /** Milliseconds until it is worth calling again. */
  readonly retryAfter: number;
  /** Whose circuit it is: the origin, unless `key` says otherwise. */
  readonly key: string;

  constructor({
    key,
    retryAfter,
    lastAnswer,
  }: { key: string; retryAfter: number; lastAnswer?: LastAnswer | undefined }) {
    const answer = lastAnswer ? `; the last answer was ${lastAnswer.status}` : '';
    super(`The circuit for ${oneLine(key)} is open, worth another call in ${retryAfter} ms${answer}`, lastAnswer);
    this.retryAfter = retryAfter;
    this.key = key;
  }
}
