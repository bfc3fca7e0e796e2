import type { LastAnswer } from '../call/call-record.ts';
import { memberOf } from './member-of.ts';

/** Why one of our layers did not send a call. */
export type RefusalReason = 'rate-limited' | 'circuit-open' | 'queue-full' | 'draining';

/** The members of an error for a call that one of our layers did not send. It means nothing about the server. */
export interface LocalRefusal {
  readonly local: true;
  readonly reason: RefusalReason;
  /** Milliseconds until a call may be sent again, where that is known. */
  readonly retryAfter?: number;
  /** The server's last answer, to this call or to earlier ones. */
  readonly lastAnswer?: LastAnswer;
}

/** The refusal in an error, by its members: the class may come from another copy of the package. */
export function localRefusal(error: unknown): (Error & LocalRefusal) | undefined {
  return memberOf(error, 'local') === true ? (error as Error & LocalRefusal) : undefined;
}
