// Everything that the packages export: for rules, delays and middlewares of one's own.
export * from '@steadfetch/backoff';
export * from '@steadfetch/buffer-body';
export * from '@steadfetch/circuit-breaker';
export * from '@steadfetch/concurrency';
export * from '@steadfetch/core';
export * from '@steadfetch/core/kit';
export * from '@steadfetch/idempotency-key';
export * from '@steadfetch/jitter';
export * from '@steadfetch/rate-limit';
// Two packages use these names for a type.
export type { Permit, Rule } from '@steadfetch/retry';
export * from '@steadfetch/retry';
export * from '@steadfetch/retry-budget';
export * from '@steadfetch/retry-log';
export * from '@steadfetch/server-hints';
export * from '@steadfetch/timeout';
