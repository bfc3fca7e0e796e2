// Everything that the packages export: for rules, delays and middlewares of one's own.
export * from '@steadfetch/backoff';
export * from '@steadfetch/buffer-body';
export * from '@steadfetch/circuit-breaker';
export * from '@steadfetch/concurrency';
// Two packages may use one name for a type: these are the fuller ones.
export type { AttemptRecord, Random } from '@steadfetch/core';
export * from '@steadfetch/core';
export * from '@steadfetch/core/kit';
export * from '@steadfetch/idempotency-key';
export * from '@steadfetch/jitter';
export * from '@steadfetch/rate-limit';
export type { GiveUpEvent, Permit, RecoverEvent, RetryEvent, Rule } from '@steadfetch/retry';
export * from '@steadfetch/retry';
export * from '@steadfetch/retry-budget';
export * from '@steadfetch/retry-log';
export * from '@steadfetch/server-hints';
export * from '@steadfetch/timeout';
