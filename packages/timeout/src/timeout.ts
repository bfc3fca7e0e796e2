import {
  type Clock,
  checkClock,
  checkMs,
  checkNames,
  defineMiddleware,
  type Middleware,
  monotonic,
  systemClock,
  unexpected,
} from '@steadfetch/core';
import { TimedCall } from './timed-call.ts';

/** In milliseconds, more than 0. What is left out is not limited. */
export interface TimeoutLimits {
  /** Longest wait for the response, until its headers are there. */
  headers?: number;
  /** Longest wait for the next part of the body, while it is being read. */
  body?: number;
}

export interface TimeoutOptions {
  /** @default systemClock */
  clock?: Clock;
}

/**
 * Limits how long a response may take, in milliseconds: inside `retry` each attempt, outside of it the whole series with
 * its delays.
 *
 * A number limits the wait for the headers; the body that follows is not limited. `body` limits the wait for each part
 * of the body while it is read. Each call has a signal of its own, so that an attempt after one that
 * timed out starts afresh, and no listener stays behind. Layers inside can read the time left from
 * `call.remaining()`.
 *
 * Inside a `retry` and a limit for the whole call, an attempt that no other can follow (a POST without a key, the last
 * attempt, `retry: false`) is not cut: it has as long as the call has.
 *
 * @throws {TimeoutError} when a limit is passed, and the caller's abort reason, also while the body is read
 * @example
 * const fetchReport = compose(timeout(30_000), retry(), timeout({ headers: 5_000, body: 2_000 }))(fetch);
 */
export function timeout(limits: number | TimeoutLimits, options: TimeoutOptions = {}): Middleware {
  const { headers, body } = checkLimits(limits);
  checkNames('timeout', options, ['clock']);
  const { clock = systemClock } = options;
  checkClock('timeout', clock);
  const settings = { headers, body, time: { clock, now: monotonic(clock) } };
  return defineMiddleware((call, next) => new TimedCall(call, next, settings).result, 'timeout');
}

function checkLimits(limits: unknown): { headers: number | undefined; body: number | undefined } {
  if (typeof limits === 'number') return { headers: checkMs('timeout', limits, { min: 1 }), body: undefined };
  if (typeof limits !== 'object') throw unexpected('timeout', 'milliseconds or an options object', limits);
  checkNames('timeout', limits as object, ['headers', 'body']);
  const { headers, body } = limits as TimeoutLimits;
  if (headers === undefined && body === undefined) {
    throw new TypeError('timeout: expected milliseconds, or a limit for headers or body, got none');
  }
  if (headers !== undefined) checkMs('timeout: headers', headers, { min: 1 });
  if (body !== undefined) checkMs('timeout: body', body, { min: 1 });
  return { headers, body };
}
