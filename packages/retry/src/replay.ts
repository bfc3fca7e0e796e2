import { type Call, keepBody, releaseBody } from '@steadfetch/core';
import { isRepeatable } from './idempotent.ts';
import type { Policy } from './policy.ts';

/**
 * The call as one attempt sends it. A body is only kept for a later attempt if the call can be repeated at all; the last
 * attempt sends the original. An attempt whose timeout would not be followed by another is marked as the last one, so
 * that an inner timeout need not cut it.
 */
export function attemptOf(call: Call, attempt: number, policy: Policy): Call {
  const repeatable = attempt <= policy.limits.total && isRepeatable(call, policy);
  const kept = repeatable && typeof call.input !== 'string' ? keepBody(call) : call;
  return kept.asAttempt(attempt, repeatable && policy.timeouts && call.replayable ? true : 'last');
}

/** Frees a clone that was never sent: a circuit was open, a queue full. */
export function releaseCopy(attempt: Call, call: Call): void {
  if (attempt.input !== call.input) releaseBody(attempt);
}
