export type { AttemptRecord } from '@steadfetch/core';
export type { Decision } from './decide.ts';
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
export { keepAnswer } from './last-answer.ts';
export type { RetryLimits } from './limits.ts';
export type { RetryOptions, RetryOverride } from './options.ts';
export { type Policy, resolvePolicy } from './policy.ts';
export { retry } from './retry.ts';
export { Series } from './series.ts';
