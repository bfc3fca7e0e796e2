import { type Call, localRefusal, originOf } from '@steadfetch/core';
import type { Decision } from './decide.ts';
import type { Failure } from './failure.ts';

/**
 * What a failed attempt says about the server, for the budget; `undefined` for nothing: what was not sent, a body or a mistake of
 * ours, an answer of another server.
 */
export function verdictOf(failure: Failure, decision: Decision, sent: boolean): 'success' | 'failure' | undefined {
  const { response, error, errorClass, call } = failure;
  if (response) {
    if (isElsewhere(response, call)) return undefined;
    return decision.retry || decision.reason !== undefined ? 'failure' : 'success';
  }
  return sent && !streams(call) && errorClass!.kind !== 'bug' && !localRefusal(error) ? 'failure' : undefined;
}

/** Whether a redirect led to another server, which gave the answer. */
export function isElsewhere({ redirected, url }: Response, call: Call): boolean {
  return redirected && originOf(url) !== call.origin;
}

/** What breaks while it is read breaks the call, and nobody can tell whose fault that was. */
function streams({ init, replayable }: Call): boolean {
  return !replayable || typeof (init?.body as unknown) === 'function';
}
