import { abortReason, throwIfAborted } from '@steadfetch/core';
import { abortable, sleep } from '@steadfetch/core/kit';
import type { FailedAttempt } from './failed-attempt.ts';
import { endCall } from './report.ts';
import type { Retry } from './rule.ts';
import { beginAttempt } from './session.ts';

/** Waits until the next attempt is due. An abort ends the wait at once and gives the permits back. */
export async function waitForRetry(failure: FailedAttempt, retry: Retry): Promise<true> {
  const { call, session } = failure;
  call.record.waitingFor = 'the delay before a retry';
  try {
    const resume = call.rest?.(); // others may use its slot of `concurrency` meanwhile
    await sleepAfter(failure, retry.delay);
    if (resume) await abortable(resume(), call.signal);
    throwIfAborted(call.signal);
  } catch (thrown) {
    const error = rejectionOf(failure, thrown);
    endCall(failure, 'aborted', error, retry.permits);
    throw error;
  } finally {
    call.record.waitingFor = undefined;
  }
  session.lastRetry = retry;
  beginAttempt(session);
  return true;
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
