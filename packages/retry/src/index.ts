export type { AttemptRecord } from '@steadfetch/core';
export type { FailedAttempt, GoodAttempt, Recovery } from './attempt.ts';
export { backoff, evenIfNotIdempotent, ignoreRetryAfter, maxDelay, maxRetries, onlyMethods } from './bounds.ts';
export { budget } from './budget.ts';
export type { Failure } from './condition.ts';
export { history, historyOf } from './history.ts';
export {
  type GiveUpEvent,
  type GiveUpReason,
  hooks,
  type RecoverEvent,
  type RetryEvent,
  type RetryEventBase,
  type RetryHooks,
  type RetryReason,
} from './hooks.ts';
export type { RetryLimits, RetryOptions, RetryOverride } from './options.ts';
export { inspect, onNetworkError, onStatus, onTimeout, TRANSIENT } from './outcomes.ts';
export { retryOptions } from './preset.ts';
export { retry } from './retry.ts';
export { retryWith } from './retry-with.ts';
export type { Answer, Decision, Permit, Rule, Wait } from './rule.ts';
export { obeyVetoes, serverHints } from './server-hints.ts';
