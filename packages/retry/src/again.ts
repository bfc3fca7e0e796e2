import { abortReason, type Call, discard, notify, throwIfAborted } from '@steadfetch/core';
import { ignoreRejection, sleep } from '@steadfetch/core/kit';
import { decide, release } from './decide.ts';
import { FailedAttempt, type Recovery, recordAttempt, type Session } from './failed-attempt.ts';
import type { Decision, Permit, Retry, Rule } from './rule.ts';

/**
 * Whether the call is sent again: decides, and waits until it is time. p-retry asks it.
 *
 * @throws what a rule throws, and the caller's abort reason, also while waiting; the response is then released
 */
export async function again(failure: FailedAttempt): Promise<boolean> {
  const retry = await prepareRetry(failure);
  return retry !== undefined && waitForRetry(failure, retry);
}

/** The decision to send the call again, if that is it. The response is then discarded, and forgotten. */
export async function prepareRetry(failure: FailedAttempt): Promise<Retry | undefined> {
  const { call, response, session } = failure;
  const decision = await handleFailure(failure).catch((error: unknown) => {
    if (response) discard(response);
    throw error;
  });
  if (!decision.retry) return undefined;
  if (response) {
    keepAnswer(call, response, decision);
    discard(response);
  }
  if (!session.policy.keepsOutcome && !call.observed) failure.outcome = undefined;
  return decision;
}

/** Decides what follows a failed attempt, records the attempt, and tells the rules. Returns the decision. */
export async function handleFailure(failure: FailedAttempt): Promise<Decision> {
  const { call, attempt, response, session } = failure;
  try {
    throwIfAborted(call.signal);
    const decision = await decide(failure);
    if (!decision.retry) {
      if (decision.stop === undefined && response && response.status < 400) {
        recordSuccess(session, attempt, response);
        return decision;
      }
      if (decision.held !== undefined) await holdCall(failure, decision.held);
    }
    if (!failure.sent) release(session.lastRetry?.permits);
    recordAttempt(session, attempt, failure.outcome!, decision);
    notifyRules(session, 'afterFailure', failure, decision);
    return decision;
  } catch (thrown) {
    const error = rejectionOf(failure, thrown);
    recordEnd(failure, error);
    throw error;
  }
}

/** Keeps a call for which there is no permit as long as its retries would have taken. */
async function holdCall(failure: FailedAttempt, ms: number): Promise<void> {
  const { call, session } = failure;
  notify(() => call.observed?.retries?.beforeHold(failure, ms), undefined);
  if (ms > 0) await sleep(ms, call.signal, session.policy.clock);
}

/** What a call rejects with after this was thrown: the caller's reason if the caller has aborted. */
function rejectionOf({ call: { signal } }: FailedAttempt, thrown: unknown): unknown {
  return signal?.aborted ? abortReason(signal) : thrown;
}

/** Records that a call ends with this error while its attempt is handled, and tells the rules. */
function recordEnd(failure: FailedAttempt, error: unknown): void {
  const { call, attempt, session } = failure;
  const aborted = call.signal?.aborted === true;
  // a first attempt that is aborted is no news
  if (attempt === 1 && aborted) return;
  recordAttempt(session, attempt, aborted ? { error, failed: true } : failure.outcome!);
  const stop = attempt > 1 ? { stop: aborted ? 'aborted' : 'predicate' } : {};
  notifyRules(session, 'afterFailure', failure, { retry: false, ...stop, thrown: { error } });
}

/** Waits until the next attempt is due. An abort ends the wait at once and gives the permits back. */
export function waitForRetry(failure: FailedAttempt, retry: Retry): Promise<true> {
  const { call, pause, session } = failure;
  call.record.waitingFor = 'the delay before a retry';
  const slept = pause ? pause.sleep(retry.delay, call) : sleep(retry.delay, call.signal, session.policy.clock);
  // While a call waits, these two functions are kept in memory, so they refer to as little as they can.
  return slept.then(
    () => endWait(failure, retry),
    (thrown) => endWait(failure, retry, { thrown }),
  );
}

function endWait(failure: FailedAttempt, retry: Retry, ended?: { thrown: unknown }): true {
  const { call, pause, session } = failure;
  const { record, signal } = call;
  record.waitingFor = undefined;
  if (!ended && !signal?.aborted) {
    session.lastRetry = retry;
    return true;
  }
  const error = rejectionOf(failure, ended?.thrown);
  if (signal?.aborted || pause?.cancelled) cancelRetry(failure, 'aborted', error, retry.permits);
  else release(retry.permits);
  throw error;
}

/** Ends a call for which a retry was announced that will not be made: gives its permits back, and tells the rules. */
export function cancelRetry(failure: FailedAttempt, stop: string, error: unknown, permits?: readonly Permit[]): void {
  release(permits);
  notifyRules(failure.session, 'afterFailure', failure, { retry: false, stop, thrown: { error } });
}

/** Records a good answer, and tells the rules. */
export function recordSuccess(session: Session, attempt: number, response: Response): void {
  const { call, policy } = session;
  if (policy.successRules.length > 0) notifySuccess(policy.successRules, call, attempt, response);
  if (!call.record.history) return;
  const outcome = { response, failed: false } as const;
  recordAttempt(session, attempt, outcome);
  notifyRules(session, 'afterRecovery', new FailedAttempt(session, attempt, outcome) as Recovery);
}

/** Tells rules of a good answer. */
function notifySuccess(rules: readonly Rule[], call: Call, attempt: number, response: Response): void {
  for (const rule of rules) {
    // not by `notify`: a closure for each good call costs more than the rule
    try {
      ignoreRejection(rule.afterSuccess!({ call, attempt, response }));
    } catch {}
  }
}

/** Keeps the status, the fields and the wait of a response that is discarded, for an error that is made later. */
export function keepAnswer({ record }: Call, { status, headers }: Response, { asked }: Retry): void {
  record.lastAnswer = { status, headers, ...(asked === undefined ? {} : { retryAfter: asked }) };
}

/** Tells the call's observer and the rules what has happened. What they throw or reject has no effect. */
function notifyRules(session: Session, name: 'afterFailure' | 'afterRecovery', ...about: unknown[]): void {
  for (const observer of [session.call.observed?.retries, ...session.policy.rules]) {
    notify(() => (observer?.[name] as ((...about: unknown[]) => unknown) | undefined)?.(...about), undefined);
  }
}
