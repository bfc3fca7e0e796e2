import type { LastAnswer } from '@steadfetch/core';
import { oneLine } from '@steadfetch/core/kit';

/** A `LocalRefusal`: a call was not sent, because too many calls of its key were waiting already. */
export class QueueFullError extends Error {
  override readonly name: 'QueueFullError' = 'QueueFullError';
  readonly local = true;
  readonly reason = 'queue-full';
  readonly key: string;
  /** How many may be in flight. */
  readonly max: number;
  /** How many may wait. */
  readonly maxQueue: number;
  /** Not shown when the error is printed: headers may hold secrets. */
  readonly #lastAnswer: LastAnswer | undefined;

  constructor(key: string, max: number, maxQueue: number, lastAnswer?: LastAnswer) {
    super(`${oneLine(key)}: ${max} in flight and ${maxQueue} waiting already`);
    this.key = key;
    this.max = max;
    this.maxQueue = maxQueue;
    this.#lastAnswer = lastAnswer;
  }

  /** What the server answered last, to an earlier attempt of the same call. */
  get lastAnswer(): LastAnswer | undefined {
    return this.#lastAnswer;
  }
}
