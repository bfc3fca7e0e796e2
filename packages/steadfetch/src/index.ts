export * from '@steadfetch/backoff';
export * from '@steadfetch/buffer-body';
export * from '@steadfetch/circuit-breaker';
export * from '@steadfetch/concurrency';
export * from '@steadfetch/core';
export * from '@steadfetch/idempotency-key';
export { decorrelatedJitter, equalJitter, fullJitter, proportionalJitter } from '@steadfetch/jitter';
export * from '@steadfetch/rate-limit';
export * from '@steadfetch/retry';
export * from '@steadfetch/retry-budget';
export {
  type CountRetriesOptions,
  countRetries,
  type LogRetriesOptions,
  logRetries,
  type RetryMonitor,
  type RetryMonitorOptions,
  retryMonitor,
} from '@steadfetch/retry-log';
export * from '@steadfetch/server-hints';
export * from '@steadfetch/timeout';
export { type Standard, standard } from './standard.ts';
export type { StandardOptions } from './standard-options.ts';
