import { type LastAnswer, type LocalRefusal, oneLine } from '@steadfetch/core';

/** A call that was not made, because its server keeps failing. */
export class CircuitOpenError extends Error implements LocalRefusal {
  override readonly name: string = 'CircuitOpenError';
  readonly local = true;
  readonly reason = 'circuit-open';
  /** Milliseconds until it is worth calling again. */
  readonly retryAfter: number;
  /** Whose circuit it is: the origin, unless `key` says otherwise. */
  readonly key: string;
  /** What the server answered last, to this call or to the ones that opened the circuit. */
  declare readonly lastAnswer?: LastAnswer;

  constructor({ key, retryAfter, lastAnswer }: { key: string; retryAfter: number; lastAnswer?: LastAnswer }) {
    const answer = lastAnswer ? `; the last answer was ${lastAnswer.status}` : '';
    super(`The circuit for ${oneLine(key)} is open, worth another call in ${retryAfter} ms${answer}`);
    this.retryAfter = retryAfter;
    this.key = key;
    if (lastAnswer) this.lastAnswer = lastAnswer;
  }
}
