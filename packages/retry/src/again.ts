import { abortReason, type Call, discard, notify, throwIfAborted } from '@steadfetch/core';
import { ignoreRejection, sleep } from '@steadfetch/core/kit';
import { FailedAttempt, type GoodAttempt, type Recovery, recordAttempt, type Session } from './attempt.ts';
import { decide, release } from './decide.ts';
import type { Policy } from './policy.ts';
import type { Decision, Permit, Retry, Rule } from './rule.ts';

/**
 * Whether the call is sent again: decides, tells the rules, lets go of the response and waits. It knows no loop: p-retry
 * asks it, and ky's hooks ask its two halves, `judge` and `wait`.
 *
 * @throws what a rule throws, and the caller's abort reason, also while waiting; the response is then released
 */
export async function again(failure: FailedAttempt): Promise<boolean> {
  const { call, response, session } = failure;
  const decision = await judge(failure).catch((error: unknown) => {
    if (response) discard(response);
    throw error;
  });
  if (!decision.retry) return false;
  if (response) {
    keepAnswer(call, response, decision);
    discard(response);
  }
  if (!session.policy.keepsOutcome && !call.observed) failure.outcome = undefined;
  // without `await`, so that the memory of this function is free while the call waits
  return wait(failure, decision);
}

/** Decides what follows a failed attempt, and tells the rules. */
export async function judge(failure: FailedAttempt): Promise<Decision> {
  const { call, attempt, response, session } = failure;
  try {
    throwIfAborted(call.signal);
    const decision = await decide(failure);
    if (!decision.retry && decision.stop === undefined && response && response.status < 400) {
      succeed(session, attempt, response);
      return decision;
    }
    if (!decision.retry && decision.held !== undefined) await hold(failure, decision.held);
    if (!failure.sent) release(session.lastRetry?.permits);
    recordAttempt(session, attempt, failure.outcome!, decision);
    notifyFailure(failure, decision);
    return decision;
  } catch (thrown) {
    throw fail(failure, thrown);
  }
}

/** Keeps a call for which there is no permit as long as its retries would have taken. */
async function hold(failure: FailedAttempt, ms: number): Promise<void> {
  const { call, session } = failure;
  notify(() => call.observed?.retries?.beforeHold(failure, ms), undefined);
  if (ms > 0) await sleep(ms, call.signal, session.policy.clock);
}

/** Records and tells that the call ends with what was thrown while it was judged, or with the caller's reason. Returns that. */
function fail(failure: FailedAttempt, thrown: unknown): unknown {
  const { call, attempt, session } = failure;
  const aborted = call.signal?.aborted === true;
  const error = aborted ? abortReason(call.signal) : thrown;
  // a first attempt that is aborted is no news
  if (attempt === 1 && aborted) return error;
  recordAttempt(session, attempt, aborted ? { error, failed: true } : failure.outcome!);
  const stop = attempt > 1 ? { stop: aborted ? 'aborted' : 'predicate' } : {};
  notifyFailure(failure, { retry: false, ...stop, thrown: { error } });
  return error;
}

/** Waits until the next attempt is due. An abort ends the wait at once and gives the permits back. */
export function wait(failure: FailedAttempt, decision: Retry): Promise<true> {
  const { call, pause, session } = failure;
  const { record, signal } = call;
  record.waitingFor = 'the delay before a retry';
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
    session.lastRetry = decision;
    return true;
  }, failed);
}

/** Ends a call for which a retry was announced that will not be made: gives its permits back, and tells the rules. */
export function stop(failure: FailedAttempt, reason: string, error: unknown, permits?: readonly Permit[]): void {
  release(permits);
  notifyFailure(failure, { retry: false, stop: reason, thrown: { error } });
}

/** Records a good answer, and tells the rules. */
export function succeed(session: Session, attempt: number, response: Response): void {
  const { call, policy } = session;
  for (const rule of policy.successRules) notifySuccess(rule, call, attempt, response);
  if (session.past.length === 0) return;
  const outcome = { response, failed: false } as const;
  recordAttempt(session, attempt, outcome);
  notifyRules(session, 'afterRecovery', new FailedAttempt(session, attempt, outcome) as Recovery);
}

/** Keeps of a response that is let go what an error made later can tell. */
export function keepAnswer({ record }: Call, { status, headers }: Response, { asked }: Retry): void {
  record.lastAnswer = { status, headers, ...(asked === undefined ? {} : { retryAfter: asked }) };
}

/** Tells a rule of a good answer. */
export function notifySuccess(rule: Rule, call: Call, attempt: number, response: Response): void {
  try {
    ignoreRejection(rule.afterSuccess!({ call, attempt, response }));
  } catch {}
}

function notifyFailure(failure: FailedAttempt, decision: Decision): void {
  notifyRules(failure.session, 'afterFailure', failure, decision);
}

/** Tells the call's observer and the rules what has happened. What they throw or reject has no effect. */
function notifyRules(session: Session, name: 'afterFailure' | 'afterRecovery', ...about: unknown[]): void {
  for (const observer of [session.call.observed?.retries, ...session.policy.rules]) {
    notify(() => (observer?.[name] as ((...about: unknown[]) => unknown) | undefined)?.(...about), undefined);
  }
}
