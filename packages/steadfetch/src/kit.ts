// Everything that the packages export: for custom rules, delays and middlewares.
export * from '@steadfetch/backoff';
export * from '@steadfetch/buffer-body';
export * from '@steadfetch/circuit-breaker';
export * from '@steadfetch/concurrency';
export * from '@steadfetch/core';
export * from '@steadfetch/core/kit';
export * from '@steadfetch/idempotency-key';
export * from '@steadfetch/jitter';
export * from '@steadfetch/rate-limit';
// `circuit-breaker` and `retry` both export types with these names. Those of `retry` are meant.
export type { Permit, Rule } from '@steadfetch/retry';
export * from '@steadfetch/retry';
export * from '@steadfetch/retry-budget';
export * from '@steadfetch/retry-log';
export * from '@steadfetch/server-hints';
export * from '@steadfetch/timeout';
