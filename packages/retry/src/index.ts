export type { AttemptRecord, Fetch, Middleware } from '@steadfetch/core';
export { budget } from './budget.ts';
export type { FailedAttempt, GoodAttempt, Recovery } from './failed-attempt.ts';
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
export type { RetryOptions, RetryOverride } from './options.ts';
export { retryOptions } from './preset.ts';
export { retry, retryWith } from './retry.ts';
export type { Answer, Decision, Need, Permit, Rule, Wait } from './rule.ts';
export {
  backoff,
  evenIfNotIdempotent,
  history,
  historyOf,
  ignoreRetryAfter,
  inspect,
  maxDelay,
  maxRetries,
  onlyMethods,
  onNetworkError,
  onStatus,
  onTimeout,
  TRANSIENT,
} from './rules.ts';
export { obeyVetoes, serverHints } from './server-hints.ts';
export type { Failure } from './should-retry.ts';
