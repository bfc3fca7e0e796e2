import type { AttemptRecord, Outcome } from '@steadfetch/core';
import { keepHistory } from '@steadfetch/core/kit';
import { historyOf } from '@steadfetch/retry';
import type { KyRequest, RequestCopy } from './ky-request.ts';

/** One request on its way. */
export interface Attempt {
  readonly kyRequest: KyRequest;
  readonly copy: RequestCopy;
  /** How many requests the call had sent before. */
  readonly sends: number;
  /** By `kyTime`. */
  readonly startedAt: number;
  /** What `fetch` threw, before ky wrapped it. */
  thrown?: { readonly error: unknown };
  /** What `fetch` returned, or what a hook of the caller put in its place. */
  response?: Response;
  /** Whether ky has what it waits for, so that its `timeout` is off. */
  isAnswered?: boolean;
}

/** Sends an attempt, and keeps how it ends. The layers inside report an abort before it is judged. */
export async function captureOutcome(attempt: Attempt, send: () => Promise<Response>): Promise<Response> {
  try {
    attempt.response = await send();
    return attempt.response;
  } catch (error) {
    attempt.thrown = { error };
    throw error;
  }
}

/**
 * The outcome behind an error of ky's loop: what `fetch` threw, without ky's wrapping, so that the rules see what they
 * see everywhere; a response that no `afterResponse` hook gets; or ky's own timeout of the attempt. `undefined` for
 * an error that is not of this attempt, as the timeout of another call that a hook makes.
 */
export function outcomeOf({ thrown, response: given, copy }: Attempt, error: Error): Outcome | undefined {
  const { cause, value, response, request } = error as Error & {
    value?: unknown;
    response?: unknown;
    request?: Request;
  };
  if (thrown && [error, cause, value].includes(thrown.error)) return { error: thrown.error, failed: true };
  if (given && response === given) return { response: given, failed: false };
  return isKyTimeout(error) && request?.url === copy.url ? { error, failed: true } : undefined;
}

/** Whether it is ky's own timeout, also that of another copy of ky. A hook of the caller may throw another error of that name. */
export function isKyTimeout(error: unknown): boolean {
  const { name, isKyError } = Object(error) as { name?: unknown; isKyError?: unknown };
  return isKyError === true && name === 'TimeoutError';
}

/** ky's error, which has the history of what it stands for, or else that of its call. */
export function withHistory(error: Error, ofCall?: readonly AttemptRecord[]): Error {
  const { response, cause } = error as Error & { response?: Response };
  const history = historyOf(response ?? cause) ?? ofCall;
  if (history) keepHistory(error, history);
  return error;
}
