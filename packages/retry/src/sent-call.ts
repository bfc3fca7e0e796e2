import type { Call } from '@steadfetch/core';
import { encodeForm, idempotencyKeyOf, ignoreRejection, keepBody, releaseBody } from '@steadfetch/core/kit';
import type { Policy } from './policy.ts';
import type { Rule } from './rule.ts';
import { hasRetriesLeft, type Session } from './session.ts';

/**
 * Whether sending the request twice has the effect of sending it once: by method, by key, or because a rule says so.
 *
 * Asked of the call as it was made, before anything below changes it. No error makes it repeatable: a redirect, the source of
 * a body or a call that the fetch inside makes of its own can fail with any code after the server acted on the request.
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

/** The call with a body that has the same bytes in each attempt: a form would get another boundary each time it is sent. */
export function withSteadyBody(call: Call): Call {
  const given = call.init?.body; // most calls have none, and to find out whether it is a form takes time
  const body = given && encodeForm(given);
  return body ? call.with({ init: { ...call.init, body } }) : call;
}

/** The call as one attempt sends it. A `Request` gives its body away, so a clone is sent while another attempt may follow. */
export function callToSend(session: Session, attempt: number): Call {
  const { call } = session;
  const kept = mayFollow(session, attempt) ? keepBody(call) : call;
  return kept.asAttempt(attempt, retriedOf(session, attempt));
}

/** How an attempt is marked: one after which none can follow as the last, so that an inner timeout need not cut it. */
export function retriedOf(session: Session, attempt: number): true | 'last' {
  const { call, policy } = session;
  return mayFollow(session, attempt) && policy.repeatsTimeouts && call.replayable ? true : 'last';
}

function mayFollow(session: Session, attempt: number): boolean {
  return session.repeatable && hasRetriesLeft(session, attempt);
}

/** Frees the clone of a `Request` that was never sent: a circuit was open, a queue full. */
export function releaseClone(toSend: Call, call: Call): void {
  if (toSend.input !== call.input) releaseBody(toSend);
}
