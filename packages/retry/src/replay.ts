import { type Call, keepBody, releaseBody } from '@steadfetch/core';
import { isRepeatable } from './idempotent.ts';
import type { Policy } from './policy.ts';

/**
 * The call as one attempt sends it. A body is only kept for a later attempt if the call can be repeated at all; the last
 * attempt sends the original.
 */
export function attemptOf(call: Call, attempt: number, policy: Policy): Call {
  const keeps = typeof call.input !== 'string' && attempt <= policy.limits.total && isRepeatable(call, policy);
  return (keeps ? keepBody(call) : call).asAttempt(attempt);
}

/** Frees a clone that was never sent: a circuit was open, a queue full. */
export function releaseCopy(attempt: Call, call: Call): void {
  if (attempt.input !== call.input) releaseBody(attempt);
}
