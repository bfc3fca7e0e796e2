import type { LastAnswer } from '@steadfetch/core';
import { AnsweredError, oneLine } from '@steadfetch/core/kit';

/** A `LocalRefusal`: a call was not sent, because too many calls with its key were waiting already. */
export class QueueFullError extends AnsweredError {
  override readonly name = 'QueueFullError';
  readonly local = true;
  readonly reason = 'queue-full';
  readonly key: string;
  /** How many may be in flight. */
  readonly max: number;
  /** How many may wait. */
  readonly maxQueue: number;

  constructor(key: string, max: number, maxQueue: number, lastAnswer?: LastAnswer) {
    super(`${oneLine(key)}: ${max} in flight and ${maxQueue} waiting already`, lastAnswer);
    this.key = key;
    this.max = max;
    this.maxQueue = maxQueue;
  }
}
