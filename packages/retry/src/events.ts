import type { Outcome } from '@steadfetch/core';

/** Why an attempt counts as failed. */
export type RetryReason = 'status' | 'network' | 'timeout' | 'inspect' | 'predicate' | 'server';

/**
 * Why no further attempt is made although the outcome looked transient; after a retry, also when it did not. `predicate`:
 * a function of yours said no, or failed. `permanent`: a retry ended in an error that another one would not help.
 * `rate-limited`, `circuit-open`, `queue-full`: a layer of ours inside did not send the attempt, and says when to come back.
 */
export type GiveUpReason =
  | 'limit'
  | 'deadline'
  | 'server-delay'
  | 'budget'
  | 'method-not-idempotent'
  | 'body-not-replayable'
  | 'veto'
  | 'predicate'
  | 'permanent'
  | 'rate-limited'
  | 'circuit-open'
  | 'queue-full'
  | 'aborted';

/** The members of every event. Times are milliseconds. */
export interface RetryEventBase {
  /** The same for all events of one call. */
  readonly callId: number;
  readonly method: string;
  /** Without credentials, query and fragment, unless the options ask for the full one. */
  readonly url: string;
  /** The attempt that just ended, 1 for the first. */
  readonly attempt: number;
  /** Since the call began. */
  readonly elapsed: number;
  /** A copy: what is done to it has no effect. */
  readonly outcome: Outcome;
  /** The response of that attempt, if it ended in one. Observe it; its body is not yours to read. */
  readonly response?: Response;
  /** The error of that attempt, if it ended in one. */
  readonly error?: unknown;
  /** The status, or the error's code or name: what a log line wants. */
  readonly cause: string;
  /** The `Idempotency-Key` of the call, if it carries one. */
  readonly idempotencyKey?: string;
}

/** Told before the wait, only when a retry will follow. */
export interface RetryEvent extends RetryEventBase {
  /** How long the wait will be. */
  readonly delay: number;
  /** Where the delay came from: `backoff`, or the response field that asked for it, e.g. `retry-after`. */
  readonly delaySource: string;
  readonly reason: RetryReason;
  readonly maxRetries: number;
}

/** Told when a call gets no further attempt although its outcome looked transient, or after a retry. */
export interface GiveUpEvent extends RetryEventBase {
  readonly reason: GiveUpReason;
  /** The wait that was asked for or computed and not taken, with its source. */
  readonly delay?: number;
  readonly delaySource?: string;
}

/** Told when a call succeeds after at least one failed attempt. */
export interface RecoverEvent extends RetryEventBase {
  readonly attempts: number;
}

/** Observers of `retry`. They cannot break or delay a call: what they throw or reject is ignored. */
export interface RetryHooks {
  onRetry?(event: RetryEvent): void;
  onGiveUp?(event: GiveUpEvent): void;
  onRecover?(event: RecoverEvent): void;
}
