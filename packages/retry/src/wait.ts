import { abortReason } from '@steadfetch/core';
import { sleep } from '@steadfetch/core/kit';
import { release } from './decide.ts';
import type { FailedAttempt } from './failed-attempt.ts';
import { notifyRules } from './report.ts';
import type { Permit, Retry } from './rule.ts';

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

/** What a call rejects with after this was thrown: the caller's reason if the caller has aborted. */
export function rejectionOf({ call: { signal } }: FailedAttempt, thrown: unknown): unknown {
  return signal?.aborted ? abortReason(signal) : thrown;
}
