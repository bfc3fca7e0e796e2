import { idempotencyKeyOf, type Outcome } from '@steadfetch/core';
import type { Standing } from './standing.ts';

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

type Histories = WeakMap<object, readonly AttemptRecord[]>;

/** Survives two copies of this package: an application asks about what a library's `retry` gave back. */
const HISTORIES: unique symbol = Symbol.for('steadfetch.histories.1') as never;

const own: Histories = new WeakMap();

function histories(): Histories {
  const shared = globalThis as { [HISTORIES]?: Histories };
  // a frozen global object keeps each copy to itself
  if (shared[HISTORIES] === undefined) Reflect.defineProperty(shared, HISTORIES, { value: own, configurable: true });
  return shared[HISTORIES] ?? own;
}

/**
 * Every attempt behind a response or an error that `retry` gave back, oldest first; `undefined` where there was nothing
 * but a first attempt that succeeded. Nothing is written on the response or the error.
 */
export function historyOf(responseOrError: unknown): AttemptRecord[] | undefined {
  const history = isObject(responseOrError) ? histories().get(responseOrError) : undefined;
  return history && [...history];
}

/** What is kept of an attempt that ended at this time. */
export function recordOf({ response, error, failed }: Outcome, { call, attempt }: Standing, at: number): AttemptRecord {
  const key = idempotencyKeyOf(call);
  const ending = failed ? { error } : { status: response.status };
  return { attempt, at, ...ending, ...(key === undefined ? {} : { idempotencyKey: key }) };
}

/** Keeps the history of a call for whoever holds its outcome. */
export function remember(responseOrError: unknown, history: readonly AttemptRecord[]): void {
  if (isObject(responseOrError)) histories().set(responseOrError, history);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
