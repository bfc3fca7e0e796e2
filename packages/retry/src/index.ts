export type { AttemptRecord } from '@steadfetch/core';
export type {
  GiveUpEvent,
  GiveUpReason,
  RecoverEvent,
  RetryEvent,
  RetryEventBase,
  RetryHooks,
  RetryReason,
} from './events.ts';
export type { Failure } from './failure.ts';
export { historyOf, remember } from './history.ts';
export { isRepeatable } from './idempotent.ts';
export type { RetryLimits } from './limits.ts';
export type { RetryOptions, RetryOverride } from './options.ts';
export { type Operation, pRetryOptions } from './p-retry-options.ts';
export { type Policy, resolvePolicy } from './policy.ts';
export { retry } from './retry.ts';
export { Series } from './series.ts';
