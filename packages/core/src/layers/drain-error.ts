import type { LastAnswer } from '../call/call-record.ts';
import { AnsweredError } from '../outcome/answered-error.ts';

/**
 * A `LocalRefusal`: a call was ended or not sent because its client is shutting down. A request in flight may have taken effect: see
 * `drain`.
 */
export class DrainError extends AnsweredError {
  override readonly name = 'DrainError';
  readonly local = true;
  readonly reason = 'draining';
  /** The status of the server's last answer, if there was one. */
  readonly status: number | undefined;

  constructor(message: string, lastAnswer?: LastAnswer, options?: { cause?: unknown }) {
    super(`drain: ${message}${lastAnswer ? `; the last answer was ${lastAnswer.status}` : ''}`, lastAnswer, options);
    this.status = lastAnswer?.status;
  }
}
