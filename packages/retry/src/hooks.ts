import { type Outcome, redactUrl } from '@steadfetch/core';
import { callHooks, checkHooks } from '@steadfetch/core/kit';
import { elapsedOf, type FailedAttempt, numberOf, type Session } from './attempt.ts';
import { endOf, type Facts, factsOf } from './emit.ts';
import type { Retry, Rule, Wait } from './rule.ts';

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
export interface RetryEventBase extends Facts {
  /** The same for all events of one call. */
  readonly callId: number;
  readonly method: string;
  /** Without credentials, query and fragment, unless the options ask for the full one. */
  readonly url: string;
  /** Since the call began. */
  readonly elapsed: number;
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

/**
 * Tells observers what is retried, what is given up and why, and what succeeded after a retry. An event is made only when
 * somebody listens, and is the same frozen one for all. URLs have no credentials, query and fragment, unless `fullUrls`
 * asks for them.
 */
export function hooks(
  observers: RetryHooks | readonly RetryHooks[],
  { fullUrls = false }: { fullUrls?: boolean } = {},
): Rule {
  const all = checkHooks<RetryHooks>('retry', ['onRetry', 'onGiveUp', 'onRecover'], observers);
  if (all.length === 0) return {};
  const emit = (name: keyof RetryHooks, make: () => RetryEventBase) => callHooks(all, name, make);
  /** What an attempt ended with, while the call waits for the next one: the core forgets it. */
  const endings = new WeakMap<FailedAttempt, Outcome>();
  const endingOf = (failure: FailedAttempt) => {
    const outcome = failure.outcome ?? endings.get(failure)!;
    endings.set(failure, outcome);
    return outcome;
  };
  const eventOf = (session: Session, attempt: number, outcome: Outcome) => baseOf(session, attempt, outcome, fullUrls);

  const retried = ({ session, attempt }: FailedAttempt, outcome: Outcome, { delay, source, reason }: Retry) =>
    emit('onRetry', (): RetryEvent => {
      const more = { delay, delaySource: source, reason: reason as RetryEvent['reason'] };
      return { ...eventOf(session, attempt, outcome), ...more, maxRetries: session.policy.maxRetries };
    });
  const gaveUp = ({ session, attempt }: FailedAttempt, outcome: Outcome, stop: string, planned?: Wait) =>
    emit('onGiveUp', (): GiveUpEvent => {
      const more = planned ? { delay: planned.delay, delaySource: planned.source } : {};
      return { ...eventOf(session, attempt, outcome), reason: stop as GiveUpReason, ...more };
    });
  const recovered = (session: Session, attempt: number, response: Response) =>
    emit('onRecover', (): RecoverEvent => {
      return { ...eventOf(session, attempt, { response, failed: false }), attempts: numberOf(session, attempt) };
    });

  return {
    timed: all.some(({ onRetry, onGiveUp, onRecover }) => onRetry ?? onGiveUp ?? onRecover),
    afterFailure: (failure, decision) => {
      const outcome = endingOf(failure);
      if (decision.retry) return retried(failure, outcome, decision);
      const end = endOf(failure, decision);
      if (end?.reason) gaveUp(failure, outcome, end.reason, decision.planned);
      else if (end) recovered(failure.session, failure.attempt, outcome.response!);
    },
    afterRecovery: ({ session, attempt, response }) => {
      if (attempt > 1) recovered(session, attempt, response);
    },
  };
}

function baseOf(session: Session, attempt: number, outcome: Outcome, fullUrls: boolean): RetryEventBase {
  const { id, call } = session;
  return {
    callId: id,
    method: call.method,
    url: fullUrls ? call.url : redactUrl(call.url),
    elapsed: elapsedOf(session),
    ...factsOf(session, attempt, outcome),
  };
}
