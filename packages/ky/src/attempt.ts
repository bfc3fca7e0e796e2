import type { Outcome } from '@steadfetch/core';
import { historyOf, remember } from '@steadfetch/retry';
import { TimeoutError } from 'ky';

/** One request on its way. */
export interface Attempt {
  readonly request: Request;
  /** What `fetch` threw, before ky wrapped it. */
  thrown?: { readonly error: unknown };
}

/** Sends an attempt, and notes what `fetch` throws. */
export async function noting(attempt: Attempt, send: () => Promise<Response>): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    attempt.thrown = { error };
    throw error;
  }
}

/**
 * The outcome behind an error of ky's loop: what `fetch` threw, without ky's wrapping, so that the rules see what they
 * see everywhere; or ky's own timeout of the attempt. `undefined` for an error that is not of this attempt.
 */
export function outcomeOf({ thrown }: Attempt, error: Error): Outcome | undefined {
  const { cause, value } = error as { cause?: unknown; value?: unknown };
  if (thrown && [error, cause, value].includes(thrown.error)) return { error: thrown.error, failed: true };
  return error instanceof TimeoutError ? { error, failed: true } : undefined;
}

/** ky's error, which has the history of what it stands for. */
export function withHistory(error: Error): Error {
  const { response, cause } = error as Error & { response?: Response };
  const history = historyOf(response ?? cause);
  if (history) remember(error, history);
  return error;
}
