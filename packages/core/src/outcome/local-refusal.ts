import type { LastAnswer } from '../call/call-record.ts';
import { memberOf } from './member-of.ts';

/** Why one of our layers did not send a call. */
export type RefusalReason = 'rate-limited' | 'circuit-open' | 'queue-full' | 'draining';

/** The members of an error for a call that one of our layers did not send. Such an error is no failure of the server. */
export interface LocalRefusal {
  readonly local: true;
  readonly reason: RefusalReason;
  /** Milliseconds until a call may be sent again, if known. */
  readonly retryAfter?: number;
  /** The server's last answer, to this call or to an earlier one. */
  readonly lastAnswer?: LastAnswer;
}

/** Returns the error if it is a local refusal. Checks a member, because the class may come from another copy of the package. */
export function localRefusal(error: unknown): (Error & LocalRefusal) | undefined {
  return memberOf(error, 'local') === true ? (error as Error & LocalRefusal) : undefined;
}
