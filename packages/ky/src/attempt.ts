import type { AttemptRecord, Outcome } from '@steadfetch/core';
import { keepHistory } from '@steadfetch/core/kit';
import { historyOf } from '@steadfetch/retry';
import type { KyRequest, RequestCopy } from './ky-request.ts';

/** One request in flight. */
export interface Attempt {
  readonly kyRequest: KyRequest;
  readonly copy: RequestCopy;
  /** How many requests the call had sent before this one. */
  readonly sends: number;
  /** When the attempt began, by `kyTime()`. */
  readonly startedAt: number;
  /** What `fetch` threw, before ky wrapped it. */
  thrown?: { readonly error: unknown };
  /** What `fetch` returned, or what a hook of the caller replaced it with. */
  response?: Response;
  /** Whether `fetch` has settled. From then on ky's `timeout` no longer runs. */
  isAnswered?: boolean;
}

/** Sends an attempt, and records in it what `fetch` returned or threw. */
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
 * Returns the outcome of the attempt that made ky's loop end with this error: what `fetch` threw, without ky's wrapper; the response
 * behind an `HTTPError`; or ky's own timeout of the attempt. The retry rules expect outcomes without ky's wrappers. Returns `undefined`
 * if the error comes from elsewhere, for example from another call that a hook makes.
 */
export function outcomeOf({ thrown, response: returned, copy }: Attempt, error: Error): Outcome | undefined {
  const { cause, value, response, request } = error as Error & {
    value?: unknown;
    response?: unknown;
    request?: Request;
  };
  if (thrown && [error, cause, value].includes(thrown.error)) return { error: thrown.error, failed: true };
  if (returned && response === returned) return { response: returned, failed: false };
  return isKyTimeout(error) && request?.url === copy.url ? { error, failed: true } : undefined;
}

/** Whether ky, or another copy of ky, made this `TimeoutError`. A hook of the caller may throw a `TimeoutError` of another origin. */
export function isKyTimeout(error: unknown): boolean {
  const { name, isKyError } = Object(error) as { name?: unknown; isKyError?: unknown };
  return isKyError === true && name === 'TimeoutError';
}

/** Attaches a history to ky's error: that of the response or cause inside, or else that of the call. */
export function withHistory(error: Error, ofCall?: readonly AttemptRecord[]): Error {
  const { response, cause } = error as Error & { response?: Response };
  const history = historyOf(response ?? cause) ?? ofCall;
  if (history) keepHistory(error, history);
  return error;
}
