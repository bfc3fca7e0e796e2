import type { LastAnswer } from '@steadfetch/core';
import { AnsweredError, oneLine } from '@steadfetch/core/kit';

/** A `LocalRefusal`: the call was not made, because its server keeps failing. */
export class CircuitOpenError extends AnsweredError {
  override readonly name = 'CircuitOpenError';
  readonly local = true;
  readonly reason = 'circuit-open';
  /** Milliseconds until another call is worth a try. */
  readonly retryAfter: number;
  /** The key of the circuit: the origin, unless the option `key` returns another. */
  readonly key: string;

  constructor({
    key,
    retryAfter,
    lastAnswer,
  }: { key: string; retryAfter: number; lastAnswer?: LastAnswer | undefined }) {
    const answer = lastAnswer ? `; the last answer was ${lastAnswer.status}` : '';
    super(`The circuit for ${oneLine(key)} is open, try again in ${retryAfter} ms${answer}`, lastAnswer);
    this.retryAfter = retryAfter;
    this.key = key;
  }
}
