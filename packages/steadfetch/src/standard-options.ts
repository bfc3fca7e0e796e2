import type { BufferBodyOptions } from '@steadfetch/buffer-body';
import type { CircuitBreakerOptions } from '@steadfetch/circuit-breaker';
import type { ConcurrencyOptions } from '@steadfetch/concurrency';
import type { Clock, Random } from '@steadfetch/core';
import type { IdempotencyKeyOptions } from '@steadfetch/idempotency-key';
import type { RateLimitOptions } from '@steadfetch/rate-limit';
import type { RetryOptions } from '@steadfetch/retry';
import type { TimeoutLimits } from '@steadfetch/timeout';

/** The options of `concurrency`. With `rateLimit`, `maxQueue` has no bound by default. */
export interface StandardConcurrency extends ConcurrencyOptions {
  /** How many calls may be in flight. */
  max: number;
}

/** All times are milliseconds. `false` leaves a layer out, `true` adds it with its defaults. */
export interface StandardOptions {
  /** Longest time for the whole call, with all waits and retries, until the response headers arrive. @default 30_000 */
  timeout?: number | false;
  /**
   * Longest time for one attempt. With `bufferBody`, a number also limits how long the body may stall.
   * @default 10_000, or half of `timeout` if that is less; with `retry: false` and a `timeout`, one millisecond less than `timeout`
   */
  attemptTimeout?: number | TimeoutLimits | false;
  /** A number is `maxRetries`. @default true */
  retry?: RetryOptions | boolean | number;
  /** For an API with a rate limit. @default false */
  rateLimit?: RateLimitOptions | boolean;
  /** For a server whose outages must not make calls wait. @default false */
  circuitBreaker?: CircuitBreakerOptions | boolean;
  /** Adds an `Idempotency-Key` to each POST and PATCH, so that they can be retried. For servers that honour it. @default false */
  idempotencyKey?: IdempotencyKeyOptions | boolean;
  /** How many calls per origin may be in flight. While others fail too, a call that waits for a retry counts. @default false */
  concurrency?: number | StandardConcurrency | false;
  /** Reads the body as part of the attempt, so that an incomplete body is retried. @default false */
  bufferBody?: BufferBodyOptions | boolean;
  /** Passed to all layers that take one. */
  clock?: Clock;
  /** Passed to all layers that take one. */
  random?: Random;
}
