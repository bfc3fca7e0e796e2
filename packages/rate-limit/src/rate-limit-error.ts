import type { LastAnswer, LocalRefusal } from '@steadfetch/core';
import { oneLine } from '@steadfetch/core/kit';

/** Why a call was not sent. */
export type RateLimitReason = 'rate-limited' | 'queue-full';

interface Refused {
  readonly key: string;
  readonly retryAfter: number;
  readonly lastAnswer: LastAnswer | undefined;
}

/**
 * A call that was refused here, without being sent: it would have to wait for longer than `maxWait` or its deadline, or
 * too many calls wait already.
 */
export class RateLimitError extends Error implements LocalRefusal {
  override readonly name = 'RateLimitError';
  readonly local = true;
  readonly reason: RateLimitReason;
  /** The gate that refused it. */
  readonly key: string;
  /** Milliseconds after which it is worth calling again; 0 where that is not known. */
  readonly retryAfter: number;
  /** What the server answered last, to this call or to another one at the same gate: then only its fields about limits. */
  declare readonly lastAnswer?: LastAnswer;

  constructor(reason: RateLimitReason, { key, retryAfter, lastAnswer }: Refused) {
    super(`rateLimit: ${TEXT[reason]} for ${oneLine(key)}; try again in ${Math.ceil(retryAfter)} ms`);
    this.reason = reason;
    this.key = key;
    this.retryAfter = retryAfter;
    if (lastAnswer) this.lastAnswer = lastAnswer;
  }
}

const TEXT: Record<RateLimitReason, string> = {
  'queue-full': 'too many calls wait',
  'rate-limited': 'the wait is longer than maxWait or the time left',
};
