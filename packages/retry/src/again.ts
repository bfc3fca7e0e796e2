import { discard, throwIfAborted } from '@steadfetch/core';
import { decide } from './decide.ts';
import { type FailedAttempt, isGood } from './failed-attempt.ts';
import { holdCall } from './hold.ts';
import { releasePermits } from './permits.ts';
import { endCall, keepAnswer, notifyRules, recordAttempt, recordSuccess } from './report.ts';
import type { Decision } from './rule.ts';
import { isCancelled, rejectionOf, waitForRetry } from './wait.ts';

/**
 * Whether the call is sent again: decides, and waits until it is time. The response is discarded and dropped before the wait, so
 * that a call that waits holds none: in Node it would hold 7.5 kB in place of 4.5.
 *
 * @throws what a rule throws, and the caller's abort reason, also while waiting; the response is then released
 */
export async function again(failure: FailedAttempt): Promise<boolean> {
  const { call, response, session } = failure;
  const decision = await handleFailure(failure).catch((error: unknown) => {
    if (response) discard(response, call);
    throw error;
  });
  if (!decision.retry) return false;
  if (response) {
    keepAnswer(call, response, decision);
    discard(response, call);
  }
  if (!session.policy.needsOutcome && !call.observed) failure.outcome = undefined;
  return waitForRetry(failure, decision);
}

/** Decides what follows a failed attempt, records the attempt, and notifies the rules. Returns the decision. */
export async function handleFailure(failure: FailedAttempt): Promise<Decision> {
  const { call, attempt, response, session } = failure;
  try {
    throwIfAborted(call.signal);
    let decision = await decide(failure);
    if (!decision.retry && decision.reason !== undefined) decision = await holdCall(failure, decision);
    // a good response that a rule has inspected and not found to be failed
    if (!decision.retry && decision.stop === undefined && isGood(response)) {
      recordSuccess(session, attempt, response);
      return decision;
    }
    recordAttempt(session, attempt, failure.outcome!, decision);
    notifyRules(session, 'afterFailure', failure, decision);
    return decision;
  } catch (thrown) {
    const error = rejectionOf(failure, thrown);
    recordEnd(failure, error);
    throw error;
  } finally {
    // a retry that was not sent costs nothing, also where an abort has ended it
    if (!failure.sent) releasePermits(session.lastRetry?.permits);
  }
}

/** Records that a call ends with this error while its attempt is handled, and notifies the rules. */
function recordEnd(failure: FailedAttempt, error: unknown): void {
  const { attempt, session } = failure;
  const aborted = isCancelled(failure);
  if (aborted && failure.call.record.outlasted > 0) notifyRules(session, 'afterOutlasted', failure);
  const isFirst = attempt === 1; // nothing had been retried, so there is nothing to give up
  if (isFirst && aborted) return;
  recordAttempt(session, attempt, aborted ? { error, failed: true } : failure.outcome!);
  const reason = aborted ? 'aborted' : 'predicate';
  endCall(failure, isFirst ? undefined : reason, error);
}
