import type { Call } from '@steadfetch/core';
import { encodeForm, keepBody, releaseBody } from '@steadfetch/core/kit';
import type { Policy } from './policy.ts';

/**
 * The call as one attempt sends it. A body is only kept for a later attempt if the call can be repeated at all; the last
 * attempt sends the original. An attempt whose timeout would not be followed by another is marked as the last one, so
 * that an inner timeout need not cut it.
 */
export function attemptOf(call: Call, attempt: number, policy: Policy, isRepeatable: boolean): Call {
  const repeatable = isRepeatable && attempt <= policy.limits.total;
  const kept = repeatable && typeof call.input !== 'string' ? keepBody(call) : call;
  return kept.asAttempt(attempt, repeatable && policy.timeouts && call.replayable ? true : 'last');
}

/** The call with a body that has the same bytes in each attempt, which a form has not by itself. */
export function withSteadyBody(call: Call): Call {
  const body = call.init?.body && encodeForm(call.init.body);
  return body ? call.with({ init: { ...call.init, body } }) : call;
}

/** Frees a clone that was never sent: a circuit was open, a queue full. */
export function releaseCopy(attempt: Call, call: Call): void {
  if (attempt.input !== call.input) releaseBody(attempt);
}
