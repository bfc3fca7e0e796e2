// What most clients need. `steadfetch/kit` has everything else that the packages export.

export type * from '@steadfetch/backoff';
export { constant, exponential } from '@steadfetch/backoff';
export type * from '@steadfetch/buffer-body';
export { bufferBody } from '@steadfetch/buffer-body';
export type * from '@steadfetch/circuit-breaker';
// Declarations of a library need these types. They are renamed because `retry` exports types with the same names.
export type { Permit as CircuitPermit, Rule as CircuitRule } from '@steadfetch/circuit-breaker';
export { breaker, CircuitOpenError, circuitBreaker, consecutive } from '@steadfetch/circuit-breaker';
export type * from '@steadfetch/concurrency';
export { concurrency, QueueFullError } from '@steadfetch/concurrency';
export type * from '@steadfetch/core';
export {
  bodyFactory,
  Call,
  compose,
  DrainError,
  defineMiddleware,
  discard,
  drain,
  mount,
  observe,
  online,
  peek,
  when,
} from '@steadfetch/core';
export type * from '@steadfetch/idempotency-key';
export { idempotencyKey } from '@steadfetch/idempotency-key';
export type * from '@steadfetch/jitter';
export { decorrelatedJitter, equalJitter, fullJitter } from '@steadfetch/jitter';
export type * from '@steadfetch/rate-limit';
export { RateLimitError, rateLimit } from '@steadfetch/rate-limit';
export type * from '@steadfetch/retry';
export type { Permit, Rule } from '@steadfetch/retry';
export {
  backoff,
  budget,
  historyOf,
  maxDelay,
  maxRetries,
  onNetworkError,
  onStatus,
  onTimeout,
  retry,
  retryWith,
  TRANSIENT,
} from '@steadfetch/retry';
export type * from '@steadfetch/retry-budget';
export { retryBudget } from '@steadfetch/retry-budget';
export type * from '@steadfetch/retry-log';
export { countRetries, logRetries, retryMonitor } from '@steadfetch/retry-log';
export type * from '@steadfetch/server-hints';
export { isThrottled, serverDelay, serverQuota } from '@steadfetch/server-hints';
export type * from '@steadfetch/timeout';
export { TimeoutError, timeout } from '@steadfetch/timeout';
export { type Keeper, type Standard, type StandardSnapshot, standard } from './standard.ts';
export type { StandardConcurrency, StandardOptions } from './standard-options.ts';
