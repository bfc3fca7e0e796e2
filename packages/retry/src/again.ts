import { abortReason, type Call, discard, notify, throwIfAborted } from '@steadfetch/core';
import { type FailedAttempt, type GoodAttempt, record, type Session } from './attempt.ts';
import { decide, release } from './decide.ts';
import { emitFailure, emitRecovery, emitSpentBudget } from './emit.ts';
import type { Policy } from './policy.ts';
import type { Decision, Permit, Retry, Rule } from './rule.ts';
import { sleep } from './sleep.ts';
import { holdOf } from './wait.ts';

/**
 * Whether the call is sent again: decides, tells the rules, lets go of the response and waits. It knows no loop: p-retry
 * asks it, and ky's hooks ask its two halves, `judge` and `wait`.
 *
 * @throws what a rule throws, and the caller's abort reason, also while waiting; the response is then released
 */
export async function again(failure: FailedAttempt): Promise<boolean> {
  const decision = await judge(failure).catch((error: unknown) => {
    if (failure.response) discard(failure.response);
    throw error;
  });
  if (!decision.retry) return false;
  if (failure.response) {
    keepAnswer(failure.call, failure.response, decision);
    discard(failure.response);
  }
  failure.outcome = undefined;
  // without `await`, so that the memory of this function is free while the call waits
  return wait(failure, decision);
}

/** Decides what follows a failed attempt, and tells the rules. */
export async function judge(failure: FailedAttempt): Promise<Decision> {
  const { call, attempt, response, session } = failure;
  const { clock } = session.policy;
  try {
    throwIfAborted(call.signal);
    const decision = await decide(failure);
    const held = decision.retry ? 0 : holdOf(failure, decision);
    const { observed } = call;
    if (observed && !decision.retry && decision.stop === 'budget') {
      notify(() => emitSpentBudget(observed, failure, held), undefined);
    }
    if (held > 0) await sleep(held, call.signal, clock);
    if (!decision.retry && decision.stop === undefined && response && response.status < 400) {
      succeed(session, attempt, response);
    } else {
      if (!failure.sent) release(session.by?.permits);
      record(session, attempt, failure.outcome!, decision);
      tellFailure(failure, decision);
    }
    return decision;
  } catch (thrown) {
    const aborted = call.signal?.aborted === true;
    const error = aborted ? abortReason(call.signal) : thrown;
    // a first attempt that is aborted is no news
    if (attempt > 1 || !aborted) {
      record(session, attempt, aborted ? { error, failed: true } : failure.outcome!);
      const stop = attempt > 1 ? { stop: aborted ? 'aborted' : 'predicate' } : {};
      tellFailure(failure, { retry: false, ...stop, thrown: { error } });
    }
    throw error;
  }
}

/** Waits until the next attempt is due. An abort ends the wait at once and gives the permits back. */
export function wait(failure: FailedAttempt, decision: Retry): Promise<true> {
  const { call, session } = failure;
  const { record, signal } = call;
  record.waitingFor = 'the delay before a retry';
  const { pause } = failure;
  const failed = (thrown: unknown): never => {
    record.waitingFor = undefined;
    const error = signal?.aborted ? abortReason(signal) : thrown;
    if (signal?.aborted || pause?.cancelled) stop(failure, 'aborted', error, decision.permits);
    else release(decision.permits);
    throw error;
  };
  const { delay } = decision;
  const slept = pause ? pause.sleep(delay, call) : sleep(delay, signal, session.policy.clock);
  return slept.then(() => {
    if (signal?.aborted) failed(undefined);
    record.waitingFor = undefined;
    session.by = decision;
    return true;
  }, failed);
}

/** Ends a call for which a retry was announced that will not be made: gives its permits back, and tells the rules. */
export function stop(failure: FailedAttempt, reason: string, error: unknown, permits?: readonly Permit[]): void {
  release(permits);
  tellFailure(failure, { retry: false, stop: reason, thrown: { error } });
}

/** Records a good answer, and tells the rules. */
export function succeed(session: Session, attempt: number, response: Response): void {
  const { call, policy } = session;
  tellSuccess(policy, { call, attempt, response });
  if (session.past.length === 0) return;
  record(session, attempt, { response, failed: false });
  const { observed } = call;
  if (observed && attempt > 1) notify(() => emitRecovery(observed, session, attempt, response), undefined);
  tell(policy.rules, 'afterRecovery', { call, attempt, response, session, past: session.past });
}

/** Keeps of a response that is let go what an error made later can tell. */
export function keepAnswer({ record }: Call, { status, headers }: Response, { asked }: Retry): void {
  record.lastAnswer = { status, headers, ...(asked === undefined ? {} : { retryAfter: asked }) };
}

/** Tells the rules of a good answer. */
export function tellSuccess({ successListeners }: Policy, success: GoodAttempt): void {
  for (const listener of successListeners) notify(listener, success);
}

function tellFailure(failure: FailedAttempt, decision: Decision): void {
  const { observed } = failure.call;
  if (observed) notify(() => emitFailure(observed, failure, decision), undefined);
  tell(failure.session.policy.rules, 'afterFailure', failure, decision);
}

/** Tells the rules what has happened. What they throw or reject has no effect. */
function tell<Name extends 'afterFailure' | 'afterRecovery'>(
  rules: readonly Rule[],
  name: Name,
  ...about: Parameters<NonNullable<Rule[Name]>>
): void {
  for (const rule of rules) {
    notify(() => (rule[name] as ((...about: unknown[]) => unknown) | undefined)?.(...about), undefined);
  }
}
