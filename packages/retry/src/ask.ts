import type { Call, Outcome } from '@steadfetch/core';
import { abortable } from '@steadfetch/core/kit';
import type { Failure } from './failure.ts';
import type { Policy } from './policy.ts';

/** Whether an attempt counts as failed. `inspect` is asked about responses below 400; an abort does not wait for it. */
export async function looksFailed({ failed, response }: Outcome, { inspect }: Policy, call: Call): Promise<boolean> {
  if (failed || response.status >= 400) return true;
  return inspect !== undefined && abortable(Promise.resolve(inspect(response)), call.signal);
}

/** What the caller's own condition says of a failure; `undefined` stands for the default rules. */
export async function ask(failure: Failure, { shouldRetry }: Policy): Promise<boolean | undefined> {
  const { response, call } = failure;
  if (!shouldRetry || (response && response.status < 400)) return undefined;
  // a copy, since it may be written on
  const answer = await abortable(Promise.resolve(shouldRetry({ ...failure })), call.signal);
  return typeof answer === 'boolean' ? answer : undefined;
}
