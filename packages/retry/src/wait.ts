import { abortReason } from '@steadfetch/core';
import { abortable, sleep } from '@steadfetch/core/kit';
import type { FailedAttempt } from './failed-attempt.ts';
import { releasePermits } from './permits.ts';
import { notifyRules } from './report.ts';
import type { Permit, Retry } from './rule.ts';

/** Waits until the next attempt is due. An abort ends the wait at once and gives the permits back. */
export function waitForRetry(failure: FailedAttempt, retry: Retry): Promise<true> {
  failure.call.record.waitingFor = 'the delay before a retry';
  const resume = failure.call.rest?.();
  // While a call waits, these functions are kept in memory, so they refer to as little as they can.
  const end = () => endWait(failure, retry);
  return sleepAfter(failure, retry.delay).then(
    resume
      ? () => abortable(resume(), failure.call.signal).then(end, (thrown) => endWait(failure, retry, { thrown }, true))
      : end,
    (thrown) => endWait(failure, retry, { thrown }),
  );
}

function endWait(
  failure: FailedAttempt,
  retry: Retry,
  ended?: { thrown: unknown },
  cancelled: boolean = isCancelled(failure),
): true {
  const { call, session } = failure;
  call.record.waitingFor = undefined;
  if (!ended && !call.signal?.aborted) {
    session.lastRetry = retry;
    if (call.record.waited) call.record.waited = 0;
    session.sentAt = session.policy.clock.now();
    return true;
  }
  const error = rejectionOf(failure, ended?.thrown);
  if (cancelled) cancelRetry(failure, 'aborted', error, retry.permits);
  else releasePermits(retry.permits);
  throw error;
}

/** Ends a call with this error in place of its outcome: releases the permits of a retry that is not made, and notifies the rules. */
export function cancelRetry(
  failure: FailedAttempt,
  stop: string | undefined,
  error: unknown,
  permits?: readonly Permit[],
): void {
  releasePermits(permits);
  notifyRules(failure.session, 'afterFailure', failure, { retry: false, stop, thrown: { error } });
}

/** Waits for so many milliseconds. The caller can end the wait, and so can an observer of the call. */
export function sleepAfter({ call, pause, session }: FailedAttempt, ms: number): Promise<void> {
  return pause ? pause.sleep(ms, call) : sleep(ms, call.signal, session.policy.clock);
}

/** Whether the caller or an observer has ended the call. */
export function isCancelled({ call, pause }: FailedAttempt): boolean {
  return call.signal?.aborted === true || pause?.cancelled === true;
}

/** What a call rejects with after this was thrown: the caller's reason if the caller has aborted. */
export function rejectionOf({ call: { signal } }: FailedAttempt, thrown: unknown): unknown {
  return signal?.aborted ? abortReason(signal) : thrown;
}
