import { type Call, localRefusal } from '@steadfetch/core';
import { originOf } from '@steadfetch/core/kit';
import type { Decision } from './decide.ts';
import type { Failure } from './failure.ts';

/**
 * Whether a failed attempt can be the server's doing, for the budget. What was not sent is not, nor a body or a mistake of
 * ours, nor an answer of another server.
 */
export function isToBlame({ response, error, errorClass, call }: Failure, sent: boolean): boolean {
  if (response) return !isElsewhere(response, call);
  return sent && !streams(call) && errorClass!.kind !== 'bug' && !localRefusal(error);
}

/** What the attempt says about the server; `undefined` for nothing. An answer that nobody would repeat is a success. */
export function verdictOf(failure: Failure, decision: Decision, sent: boolean): 'success' | 'failure' | undefined {
  if (!isToBlame(failure, sent)) return undefined;
  return failure.response && !decision.retry && decision.reason === undefined ? 'success' : 'failure';
}

/** Whether a redirect led to another server, which gave the answer. */
export function isElsewhere(response: Response, call: Call): boolean {
  return response.redirected && originOf(response.url) !== call.origin;
}

/** What breaks while it is read breaks the call, and nobody can tell whose fault that was. */
function streams({ init, replayable }: Call): boolean {
  return !replayable || typeof (init?.body as unknown) === 'function';
}
