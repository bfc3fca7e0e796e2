import { historyBehind, type Outcome } from '@steadfetch/core';
import type { Standing } from './standing.ts';

export { keepHistory as remember } from '@steadfetch/core';

/** What became of one attempt. Times are milliseconds. */
export interface AttemptRecord {
  /** 1 for the first. */
  readonly attempt: number;
  readonly status?: number;
  readonly error?: unknown;
  /** The `Idempotency-Key` that the attempt carried, if it did. */
  readonly idempotencyKey?: string;
  /** When the attempt ended, since the epoch. */
  readonly at: number;
  /** The wait that followed, if one did, and who asked for it. */
  readonly delay?: number;
  readonly delaySource?: string;
}

/**
 * Every attempt behind a response or an error that `retry` gave back, oldest first; `undefined` where there was nothing
 * but a first attempt that succeeded. Nothing is written on the response or the error, and what is given is a copy.
 */
export function historyOf(responseOrError: unknown): AttemptRecord[] | undefined {
  return historyBehind(responseOrError)?.map((record) => ({ ...(record as AttemptRecord) }));
}

/** What is kept of an attempt that ended at this time. */
export function recordOf({ response, error, failed }: Outcome, { key, attempt }: Standing, at: number): AttemptRecord {
  const ending = failed ? { error } : { status: response.status };
  return { attempt, at, ...ending, ...(key === undefined ? {} : { idempotencyKey: key }) };
}
