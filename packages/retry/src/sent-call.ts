import type { Call } from '@steadfetch/core';
import { encodeForm, idempotencyKeyOf, ignoreRejection, keepBody, releaseBody } from '@steadfetch/core/kit';
import type { Policy } from './policy.ts';
import type { Rule } from './rule.ts';
import { hasRetriesLeft, type Session } from './session.ts';

/**
 * Whether sending the request twice has the effect of sending it once: by method, by key, or because a rule says so.
 *
 * Judges the call as the caller made it, before a layer inside changes it. No error makes a call repeatable: after the server acted
 * on the request, a redirect, the source of a body or another call of the fetch inside can fail with any code.
 */
export function isRepeatable(call: Call, { methods, rules }: Policy): boolean {
  return methods.includes(call.method) || idempotencyKeyOf(call) !== undefined || isHarmless(call, rules);
}

/** Only `true` is a yes. A promise counts as no, and its rejection is ignored. */
function isHarmless(call: Call, rules: readonly Rule[]): boolean {
  return rules.some((rule) => {
    const answer: unknown = rule.harmless?.(call);
    ignoreRejection(answer);
    return answer === true;
  });
}

/** Returns the call with a body that has the same bytes in each attempt. `fetch` would send a form with another boundary each time. */
export function withFixedBody(call: Call): Call {
  const given = call.init?.body; // most calls have no body, and the check for a form is slow
  const body = given && encodeForm(given);
  return body ? call.with({ init: { ...call.init, body } }) : call;
}

/** Returns the call that an attempt sends. Sending a `Request` uses its body up, so a clone is sent if another attempt may follow. */
export function callToSend(session: Session, attempt: number): Call {
  const { call } = session;
  const kept = mayFollow(session, attempt) ? keepBody(call) : call;
  return kept.asAttempt(attempt, retriedOf(session, attempt));
}

/** Returns the mark of an attempt: `last` if no other can follow its timeout, so that an inner timeout need not cut it. */
export function retriedOf(session: Session, attempt: number): true | 'last' {
  const { call, policy } = session;
  return mayFollow(session, attempt) && policy.repeatsTimeouts && call.replayable ? true : 'last';
}

function mayFollow(session: Session, attempt: number): boolean {
  return session.repeatable && hasRetriesLeft(session, attempt);
}

/** Releases the clone of a `Request` if it was not sent, for instance because a circuit was open or a queue full. */
export function releaseClone(toSend: Call, call: Call): void {
  if (toSend.input !== call.input) releaseBody(toSend);
}
