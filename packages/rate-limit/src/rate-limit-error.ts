import { AnsweredError, oneLine } from '@steadfetch/core/kit';

/** Why a call was not sent. */
export type RateLimitReason = 'rate-limited' | 'queue-full';

/**
 * A `LocalRefusal`: the call was not sent, because its wait would be longer than `maxWait` or end after its deadline, or because too
 * many calls wait already. If `lastAnswer` belongs to another call at the same gate, it has only the fields about limits.
 */
export class RateLimitError extends AnsweredError {
  override readonly name = 'RateLimitError';
  readonly local = true;
  readonly reason: RateLimitReason;
  /** The key of the gate that refused the call. */
  readonly key: string;
  /** Milliseconds after which a new call may succeed; 0 if unknown. */
  readonly retryAfter: number;

  constructor(
    reason: RateLimitReason,
    { key, retryAfter, lastAnswer }: Pick<RateLimitError, 'key' | 'retryAfter' | 'lastAnswer'>,
  ) {
    const hint = retryAfter > 0 ? `; try again in ${Math.ceil(retryAfter)} ms` : '';
    super(`rateLimit: ${TEXT[reason]} for ${oneLine(key)}${hint}`, lastAnswer);
    this.reason = reason;
    this.key = key;
    this.retryAfter = retryAfter;
  }
}

const TEXT: Record<RateLimitReason, string> = {
  'queue-full': 'too many calls wait',
  'rate-limited': 'the wait is longer than maxWait or the time left',
};
