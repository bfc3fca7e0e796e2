import type { BufferBodyOptions } from '@steadfetch/buffer-body';
import type { CircuitBreakerOptions } from '@steadfetch/circuit-breaker';
import type { ConcurrencyOptions } from '@steadfetch/concurrency';
import type { Clock, Random } from '@steadfetch/core';
import type { IdempotencyKeyOptions } from '@steadfetch/idempotency-key';
import type { RateLimitOptions } from '@steadfetch/rate-limit';
import type { RetryOptions } from '@steadfetch/retry';
import type { TimeoutLimits } from '@steadfetch/timeout';

/** How many calls may be in flight, and what else `concurrency` takes. `maxQueue` has no bound by default where `rateLimit` is on. */
export interface StandardConcurrency extends ConcurrencyOptions {
  max: number;
}

/** All times are milliseconds. `false` leaves a layer out, `true` takes it with its defaults. */
export interface StandardOptions {
  /** Longest time for the whole call, waits and retries included, until its headers are there. @default 30_000 */
  timeout?: number | false;
  /**
   * Longest time for one attempt; with `bufferBody` one number is also the longest that its body may stand still.
   * @default 10_000, or half of `timeout` where that is less; with `retry: false`, where no attempt can follow, a millisecond less than `timeout`, unless that is `false`
   */
  attemptTimeout?: number | TimeoutLimits | false;
  /** A number is `maxRetries`. @default true */
  retry?: RetryOptions | boolean | number;
  /** For an origin that is known to limit its clients. @default false */
  rateLimit?: RateLimitOptions | boolean;
  /** For an origin whose outages must not keep calls waiting. @default false */
  circuitBreaker?: CircuitBreakerOptions | boolean;
  /** A key for each POST and PATCH, which are then retried: for servers that honour it. @default false */
  idempotencyKey?: IdempotencyKeyOptions | boolean;
  /** Calls at work per origin: while others fail too, one that waits for a retry counts. @default false */
  concurrency?: number | StandardConcurrency | false;
  /** Reads bodies inside the attempt, so that a broken one is retried. @default false */
  bufferBody?: BufferBodyOptions | boolean;
  /** For all layers that take one. */
  clock?: Clock;
  random?: Random;
}
