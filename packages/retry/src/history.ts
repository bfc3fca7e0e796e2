import { type AttemptRecord, idempotencyKeyOf, type Outcome } from '@steadfetch/core';
import type { Standing } from './standing.ts';

const histories = new WeakMap<object, readonly AttemptRecord[]>();

/**
 * Every attempt behind a response or an error that `retry` gave back, oldest first; `undefined` where there was nothing
 * but a first attempt that succeeded. Nothing is written on the response or the error.
 */
export function historyOf(responseOrError: unknown): AttemptRecord[] | undefined {
  const history = isObject(responseOrError) ? histories.get(responseOrError) : undefined;
  return history && [...history];
}

/** What is kept of an attempt that ended at this time. */
export function recordOf({ response, error, failed }: Outcome, { call, attempt }: Standing, at: number): AttemptRecord {
  const key = idempotencyKeyOf(call);
  const ending = failed ? { error } : { status: response.status };
  const number = Math.max(attempt, call.record.repeats + 1);
  return { attempt: number, at, ...ending, ...(key === undefined ? {} : { idempotencyKey: key }) };
}

/** Keeps the history of a call for whoever holds its outcome. */
export function remember(responseOrError: unknown, history: readonly AttemptRecord[]): void {
  if (isObject(responseOrError)) histories.set(responseOrError, history);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
