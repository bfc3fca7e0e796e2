import type { LastAnswer } from '../call/call-record.ts';
import { AnsweredError } from '../outcome/answered-error.ts';

/**
 * A `LocalRefusal`: a call that was ended, or not begun, because its client is shutting down. A request that was under way
 * may have had its effect: see `drain`.
 */
export class DrainError extends AnsweredError {
  override readonly name = 'DrainError';
  readonly local = true;
  readonly reason = 'draining';
  /** The status that the server answered last, if the call has had an answer. */
  readonly status: number | undefined;

  constructor(what: string, lastAnswer?: LastAnswer, options?: { cause?: unknown }) {
    super(`drain: ${what}${lastAnswer ? `; the last answer was ${lastAnswer.status}` : ''}`, lastAnswer, options);
    this.status = lastAnswer?.status;
  }
}
