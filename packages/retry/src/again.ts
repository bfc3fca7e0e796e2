import { abortReason, type Call, discard, notify, type Outcome, throwIfAborted } from '@steadfetch/core';
import { abortable, copyFields } from '@steadfetch/core/kit';
import type { FailedAttempt, GoodAttempt, Session } from './attempt.ts';
import { decide, release } from './decide.ts';
import { recordOf } from './history.ts';
import type { Policy } from './policy.ts';
import type { Decision, Permit, Retry } from './rule.ts';
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
  failure.forget();
  await wait(failure, decision);
  return true;
}

/** Decides what follows a failed attempt, and tells the rules. */
export async function judge(failure: FailedAttempt): Promise<Decision> {
  const { call, attempt, response, session } = failure;
  try {
    throwIfAborted(call.signal);
    const decision = await decide(failure);
    const held = decision.retry ? 0 : holdOf(failure, decision);
    if (held > 0) await sleep(held, call, session.policy);
    if (!decision.retry && decision.stop === undefined && response && response.status < 400) {
      succeed(session, attempt, response);
    } else {
      if (!failure.sent) release(session.by?.permits);
      record(failure, failure.outcome!, decision);
      tell(failure, decision);
    }
    return decision;
  } catch (thrown) {
    const aborted = call.signal?.aborted === true;
    const error = aborted ? abortReason(call.signal) : thrown;
    // a first attempt that is aborted is no news
    if (attempt > 1 || !aborted) {
      record(failure, aborted ? { error, failed: true } : failure.outcome!);
      const stop = attempt > 1 ? { stop: aborted ? 'aborted' : 'predicate' } : {};
      tell(failure, { retry: false, ...stop, thrown: { error } });
    }
    throw error;
  }
}

/** Waits until the next attempt is due. An abort ends the wait at once and gives the permits back. */
export async function wait(failure: FailedAttempt, decision: Retry): Promise<void> {
  const { call, session } = failure;
  call.record.waitingFor = 'the delay before a retry';
  try {
    await sleep(decision.delay, call, session.policy);
    throwIfAborted(call.signal);
    session.by = decision;
  } catch (thrown) {
    release(decision.permits);
    if (!call.signal?.aborted) throw thrown;
    const error = abortReason(call.signal);
    tell(failure, { retry: false, stop: 'aborted', thrown: { error } });
    throw error;
  } finally {
    call.record.waitingFor = undefined;
  }
}

/** A custom clock may ignore the signal. */
function sleep(ms: number, { signal }: Call, { clock }: Policy): Promise<void> {
  const sleeping = clock.sleep(ms, signal);
  return signal ? abortable(sleeping, signal) : sleeping;
}

/** Ends a call for which a retry was announced that will not be made: gives its permits back, and tells the rules. */
export function stop(failure: FailedAttempt, reason: string, error: unknown, permits?: readonly Permit[]): void {
  release(permits);
  tell(failure, { retry: false, stop: reason, thrown: { error } });
}

/** Records a good answer, and tells the rules. */
export function succeed(session: Session, attempt: number, response: Response): void {
  const { call, past, policy } = session;
  tellSuccess(policy, { call, attempt, response });
  if (past.length === 0) return;
  past.push(recordOf(session, attempt, { response, failed: false }));
  for (const rule of policy.rules) {
    if (rule.afterRecovery) notify(() => rule.afterRecovery!({ call, attempt, response, session, past }), undefined);
  }
}

/** Tells the rules of a good answer. */
export function tellSuccess({ successListeners }: Policy, success: GoodAttempt): void {
  for (const rule of successListeners) {
    try {
      const answer = rule.afterSuccess!(success);
      if (answer !== undefined) notify((late) => late, answer);
    } catch {}
  }
}

/** Keeps what became of an attempt, also for an error that ends the call from outside. */
export function record({ session, attempt }: FailedAttempt, outcome: Outcome, decision?: Decision): void {
  session.past.push(recordOf(session, attempt, outcome, decision));
  session.call.record.history = session.past;
}

/** Keeps of a response that is let go what an error made later can tell. */
export function keepAnswer({ record }: Call, { status, headers }: Response, { asked }: Retry): void {
  record.lastAnswer = { status, headers: copyFields(headers), ...(asked === undefined ? {} : { retryAfter: asked }) };
}

function tell(failure: FailedAttempt, decision: Decision): void {
  for (const rule of failure.session.policy.rules) {
    if (rule.afterFailure) notify(() => rule.afterFailure!(failure, decision), undefined);
  }
}
