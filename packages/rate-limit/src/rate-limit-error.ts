/** Why a call was not sent. */
export type RateLimitReason = 'queue-full' | 'wait-too-long';

/** A call that was refused here, without being sent: too many wait already, or it would wait too long. */
export class RateLimitError extends Error {
  override readonly name = 'RateLimitError';
  readonly reason: RateLimitReason;
  readonly key: string;
  /** Milliseconds after which it is worth trying again; 0 where nobody knows. */
  readonly retryAfter: number;

  constructor(reason: RateLimitReason, { key, retryAfter }: { key: string; retryAfter: number }) {
    super(`rateLimit: ${TEXT[reason]} for ${key}; try again in ${Math.ceil(retryAfter)} ms`);
    this.reason = reason;
    this.key = key;
    this.retryAfter = retryAfter;
  }
}

const TEXT: Record<RateLimitReason, string> = {
  'queue-full': 'too many calls wait',
  'wait-too-long': 'the wait is longer than maxWait or the time left',
};
