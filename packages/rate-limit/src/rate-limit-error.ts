import { AnsweredError, oneLine } from '@steadfetch/core/kit';

/** Why a call was not sent. */
export type RateLimitReason = 'rate-limited' | 'queue-full';

/**
 * A `LocalRefusal`: a call that was refused here, without being sent: it would have to wait for longer than `maxWait` or
 * its deadline, or too many calls wait already. `lastAnswer` may be that to another call at the same gate: then it has
 * only its fields about limits.
 */
export class RateLimitError extends AnsweredError {
  override readonly name = 'RateLimitError';
  readonly local = true;
  readonly reason: RateLimitReason;
  /** The gate that refused it. */
  readonly key: string;
  /** Milliseconds after which it is worth calling again; 0 where that is not known. */
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
