import type { AttemptRecord, Outcome } from '@steadfetch/core';
import { historyBehind } from '@steadfetch/core/kit';
import type { Standing } from './standing.ts';

export { keepHistory as remember } from '@steadfetch/core/kit';

/**
 * Every attempt behind a response or an error that `retry` gave back, oldest first; `undefined` where there was nothing
 * but a first attempt that succeeded. Nothing is written on the response or the error, and what is given is a copy.
 */
export function historyOf(responseOrError: unknown): AttemptRecord[] | undefined {
  return historyBehind(responseOrError)?.map((record) => ({ ...(record as AttemptRecord) }));
}

/** What is kept of an attempt that ended at this time. */
export function recordOf({ response, error, failed }: Outcome, { key, number }: Standing, at: number): AttemptRecord {
  const ending = failed ? { error } : { status: response.status };
  return { attempt: number, at, ...ending, ...(key === undefined ? {} : { idempotencyKey: key }) };
}
