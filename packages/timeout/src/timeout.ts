import { type Clock, defineMiddleware, type Middleware, monotonic } from '@steadfetch/core';
import { checkMs, clockOption, type OptionTable, optionError, readOptions } from '@steadfetch/core/kit';
import { TimedCall } from './timed-call.ts';

/** Limits in milliseconds, from 1. A wait without a limit may take any time. */
export interface TimeoutLimits {
  /** Longest wait for the response, until its headers are there. */
  headers?: number;
  /** Longest wait for the next part of the body, while the body is read. */
  body?: number;
}

export interface TimeoutOptions {
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = { clock: clockOption } satisfies OptionTable<TimeoutOptions>;

const LIMITS = {
  headers: { check: checkMs, min: 1 },
  body: { check: checkMs, min: 1 },
} satisfies OptionTable<TimeoutLimits>;

/** The limits as data, with their allowed values. */
export const timeoutLimits: OptionTable<TimeoutLimits> = LIMITS;

/**
 * Limits how long a response may take, in milliseconds. Inside `retry` it limits each attempt, outside of `retry` the whole call with
 * all attempts and delays.
 *
 * A number limits the wait for the headers, and leaves the body without a limit. `body` limits the wait for each part
 * of the body while it is read. Each call gets a signal of its own, so that a timeout does not affect the next attempt, and no listener
 * stays on the caller's signal. Inner layers can read the time left from `call.remaining()`.
 *
 * An attempt that no other can follow (a POST without a key, the last attempt, `retry: false`) is not aborted inside `retry` and a
 * `timeout` for the whole call: it may take as long as the call. While the retry budget allows no other attempt, an attempt gets its limit
 * once more, or half of the time that the call has left if that is less.
 *
 * @throws {TimeoutError} when a wait is longer than its limit
 * @throws the caller's abort reason, also while the body is read
 * @example
 * const fetchReport = compose(timeout(30_000), retry(), timeout({ headers: 10_000, body: 10_000 }))(fetch);
 */
export function timeout(limits: number | TimeoutLimits, options?: TimeoutOptions): Middleware {
  const { headers, body } = checkLimits(limits);
  const { clock } = readOptions('timeout', OPTIONS, options);
  const settings = { headers, body, time: { clock, now: monotonic(clock) } };
  return defineMiddleware(
    (call, next) => new Promise((resolve, reject) => void new TimedCall(call, next, settings, { resolve, reject })),
    'timeout',
  );
}

function checkLimits(limits: unknown): { headers: number | undefined; body: number | undefined } {
  if (typeof limits === 'number') return { headers: checkMs('timeout', limits, { min: 1 }), body: undefined };
  if (typeof limits !== 'object') throw optionError('timeout', 'milliseconds or an options object', limits);
  const { headers, body } = readOptions('timeout', LIMITS, limits as TimeoutLimits);
  if (headers === undefined && body === undefined) {
    throw new TypeError('timeout: expected milliseconds, or a limit for headers or body, got none');
  }
  return { headers, body };
}
