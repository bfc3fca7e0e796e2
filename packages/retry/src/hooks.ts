import { classifyError, type Outcome, redactUrl } from '@steadfetch/core';
import { callHooks, checkHooks } from '@steadfetch/core/kit';
import { elapsedOf, type FailedAttempt, numberOf, type Session } from './attempt.ts';
import type { GiveUpEvent, GiveUpReason, RecoverEvent, RetryEvent, RetryEventBase, RetryHooks } from './events.ts';
import type { Retry, Rule, Wait } from './rule.ts';

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
      if (decision.retry) retried(failure, outcome, decision);
      else if (decision.stop !== undefined) gaveUp(failure, outcome, decision.stop, decision.planned);
      else if (failure.attempt === 1) return;
      else if (outcome.response) recovered(failure.session, failure.attempt, outcome.response);
      else gaveUp(failure, outcome, 'permanent');
    },
    afterRecovery: ({ session, attempt, response }) => {
      if (attempt > 1) recovered(session, attempt, response);
    },
  };
}

function baseOf(session: Session, attempt: number, outcome: Outcome, fullUrls: boolean): RetryEventBase {
  const { id, call, key } = session;
  const { response, error } = outcome;
  return {
    callId: id,
    method: call.method,
    url: fullUrls ? call.url : redactUrl(call.url),
    attempt: numberOf(session, attempt),
    elapsed: elapsedOf(session),
    outcome: Object.freeze({ ...outcome }),
    cause: response ? String(response.status) : (classifyError(error).code ?? nameOf(error)),
    ...(response ? { response } : { error }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? error.name : String(error);
  } catch {
    return typeof error;
  }
}
