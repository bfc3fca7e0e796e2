import { type Clock, defineMiddleware, type Middleware, monotonic } from '@steadfetch/core';
import { checkMs, clockOption, type OptionTable, optionError, readOptions } from '@steadfetch/core/kit';
import { TimedCall } from './timed-call.ts';

/** In milliseconds, more than 0. What is left out is not limited. */
export interface TimeoutLimits {
  /** Longest wait for the response, until its headers are there. */
  headers?: number;
  /** Longest wait for the next part of the body, while it is being read. */
  body?: number;
}

export interface TimeoutOptions {
  /** Where its time comes from. @default systemClock */
  clock?: Clock;
}

const OPTIONS = { clock: clockOption } satisfies OptionTable<TimeoutOptions>;

const LIMITS = {
  headers: { check: checkMs, min: 1 },
  body: { check: checkMs, min: 1 },
} satisfies OptionTable<TimeoutLimits>;

/** The limits as data: what each may be. */
export const timeoutLimits: OptionTable<TimeoutLimits> = LIMITS;

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
 * attempt, `retry: false`) is not cut: it has as long as the call has. While the retry budget allows no other attempt, the one under
 * way gets its limit once more, or half of what the call has left if that is less.
 *
 * @throws {TimeoutError} when a limit is passed, and the caller's abort reason, also while the body is read
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
