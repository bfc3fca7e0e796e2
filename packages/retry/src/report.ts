// Records how attempts end in the history of the call, and notifies the rules and the observer of the call.

import { type Call, notify, type Outcome } from '@steadfetch/core';
import { addAttempt, idempotencyKeyOf, ignoreRejection } from '@steadfetch/core/kit';
import { FailedAttempt, type Recovery } from './failed-attempt.ts';
import { releasePermits } from './permits.ts';
import type { Decision, Permit, Retry, Rule } from './rule.ts';
import type { Session } from './session.ts';

/** Adds an attempt to the history of the call. `historyOf` returns it, and errors show it. */
export function recordAttempt(session: Session, attempt: number, outcome: Outcome, decision?: Decision): void {
  const { call, policy } = session;
  const key = idempotencyKeyOf(call);
  const { response, error, failed } = outcome;
  addAttempt(call.record, {
    attempt: attempt + call.record.resends,
    at: policy.clock.now(),
    ...(failed ? { error } : { status: response?.status }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(decision?.retry ? { delay: decision.delay, delaySource: decision.source } : {}),
  });
}

/** Notifies the rules of a good answer, and records it if an earlier attempt failed. */
export function recordSuccess(session: Session, attempt: number, response: Response): void {
  const { call, policy } = session;
  for (const rule of policy.successRules) {
    // without `notify`: its closure would cost each good call more than the rule does
    try {
      ignoreRejection(rule.afterSuccess!({ session, call, attempt, response }));
    } catch {}
  }
  if (!call.record.history) return;
  const outcome = { response, failed: false } as const;
  recordAttempt(session, attempt, outcome);
  // a `FailedAttempt` has the members of a `Recovery` too
  notifyRules(session, 'afterRecovery', new FailedAttempt(session, attempt, outcome) as Recovery);
}

/** Keeps the status, the headers and the requested wait of a response that will be discarded, for a later error. */
export function keepAnswer({ record }: Call, { status, headers }: Response, { asked }: Retry): void {
  record.lastAnswer = { status, headers, ...(asked === undefined ? {} : { retryAfter: asked }) };
}

/**
 * Notifies the rules that the call ends with this error instead of its outcome. Gives back the permits of a retry that was decided
 * but is not made.
 */
export function endCall(
  failure: FailedAttempt,
  stop: string | undefined,
  error: unknown,
  permits?: readonly Permit[],
): void {
  releasePermits(permits);
  notifyRules(failure.session, 'afterFailure', failure, { retry: false, stop, thrown: { error } });
}

/** Notifies the call's observer and the rules. What they throw or reject has no effect. */
export function notifyRules(
  session: Session,
  name: 'afterFailure' | 'afterRecovery' | 'afterOutlasted',
  ...about: unknown[]
): void {
  for (const observer of [session.call.observed?.retries, ...session.policy.rules] as (Rule | undefined)[]) {
    notify(() => (observer?.[name] as ((...about: unknown[]) => unknown) | undefined)?.(...about));
  }
}
