import { type Call, isRequest } from '@steadfetch/core';
import { isRepeatable } from './idempotent.ts';
import type { Policy } from './policy.ts';

/**
 * The call as one attempt sends it. A `Request` that carries a body is cloned while a later attempt may need it, and
 * only if the call can be repeated at all; the last attempt sends the original.
 */
export function attemptOf(call: Call, attempt: number, policy: Policy): Call {
  if (attempt > policy.limits.total || !carriesBody(call) || !isRepeatable(call, policy))
    return call.asAttempt(attempt);
  return call.asAttempt(attempt, (call.input as Request).clone());
}

/** Frees what a clone left unread in the original, and marks it used, as `fetch` would have. */
export function releaseBody(call: Call): void {
  if (!carriesBody(call)) return;
  void (call.input as Request).body?.cancel?.().catch(() => {});
}

/** Frees a clone that was never sent: a circuit was open, a queue full. */
export function releaseCopy(attempt: Call, call: Call): void {
  if (attempt.input !== call.input) releaseBody(attempt);
}

function carriesBody({ input, init }: Call): boolean {
  if (!isRequest(input) || (init?.body !== undefined && init.body !== null)) return false;
  return input.body !== null && !input.bodyUsed && input.method !== 'GET' && input.method !== 'HEAD';
}
