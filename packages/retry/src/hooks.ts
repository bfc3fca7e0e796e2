import { redactUrl } from '@steadfetch/core';
import { callHooks, callIdOf, checkHooks, endOf, type Facts, factsOf } from '@steadfetch/core/kit';
import type { FailedAttempt, Recovery } from './failed-attempt.ts';
import type { Rule } from './rule.ts';

/** Why an attempt counts as failed. */
export type RetryReason = 'status' | 'network' | 'timeout' | 'inspect' | 'predicate' | 'server';

/**
 * Why a call gets no further attempt, if its outcome looked transient or it was retried before. `predicate`: a function of
 * yours said no, or failed. `permanent`: a retry ended in an error that would occur again.
 * `rate-limited`, `circuit-open`, `queue-full`, `draining`: a layer of ours inside did not send the attempt.
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
  | 'draining'
  | 'aborted';

/** Any string. An editor still lists the names beside it. */
type OwnReason = string & {};

/** The members of every event. Times are milliseconds. */
export interface RetryEventBase extends Facts {
  /** The same for all events of one call. */
  readonly callId: number;
  readonly method: string;
  /** Without credentials, query and fragment. */
  readonly url: string;
  /** Since the call began. */
  readonly elapsed: number;
}

/** Called before the wait, only when a retry will follow. */
export interface RetryEvent extends RetryEventBase {
  /** How long the wait will be. */
  readonly delay: number;
  /** Where the delay came from: `backoff`, or the response field that asked for it, e.g. `retry-after`. */
  readonly delaySource: string;
  /** A `RetryReason`, or what `when` of a rule of yours returns. */
  readonly reason: RetryReason | OwnReason;
  readonly maxRetries: number;
}

/** Called when a call gets no further attempt although its outcome looked transient, or after a retry. */
export interface GiveUpEvent extends RetryEventBase {
  /** A `GiveUpReason`, or what `unless` of a rule of yours returns. */
  readonly reason: GiveUpReason | OwnReason;
  /** The wait that was planned but not taken, and its source. */
  readonly delay?: number;
  readonly delaySource?: string;
}

/** Called when a retry got an answer that is not retried again: a good one, or an error such as a 404. */
export interface RecoverEvent extends RetryEventBase {
  readonly attempts: number;
}

/** Observers of `retry`. They cannot break or delay a call: what they throw or reject is ignored. */
export interface RetryHooks {
  onRetry?(event: RetryEvent): void;
  onGiveUp?(event: GiveUpEvent): void;
  onRecover?(event: RecoverEvent): void;
}

/**
 * Calls observers when a call is retried, when it is given up, and when it succeeds after a retry. An event is made only if an
 * observer listens for it; all observers get the same frozen object.
 */
export function hooks(observers: RetryHooks | readonly RetryHooks[]): Rule {
  const all = checkHooks<RetryHooks>('retry: hooks', ['onRetry', 'onGiveUp', 'onRecover'], observers);
  if (all.length === 0) return {};
  const emit = (name: keyof RetryHooks, ended: Ended, more: object) =>
    callHooks(all, name, () => ({ ...baseOf(ended), ...more }));
  const recovered = (ended: Ended) => emit('onRecover', ended, { attempts: factsOf(ended).attempt });
  return {
    needs: ['elapsed', 'outcome'],
    afterFailure: (failure, decision) => {
      if (decision.retry) {
        const { delay, source, reason } = decision;
        const { maxRetries } = failure.session.policy;
        return emit('onRetry', failure, { delay, delaySource: source, reason, maxRetries });
      }
      const { planned } = decision;
      const wait = planned ? { delay: planned.delay, delaySource: planned.source } : {};
      const end = endOf(failure, decision);
      if (end?.reason) emit('onGiveUp', failure, { reason: end.reason, ...wait });
      else if (end) recovered(failure);
    },
    afterRecovery: (recovery) => {
      if (recovery.attempt > 1) recovered(recovery);
    },
  };
}

/** A failed attempt, or a good one after it. */
type Ended = FailedAttempt | Recovery;

function baseOf(ended: Ended): RetryEventBase {
  const { call } = ended.session;
  return {
    callId: callIdOf(call.record),
    method: call.method,
    url: redactUrl(call.url),
    elapsed: ended.elapsed,
    ...factsOf(ended),
  };
}
