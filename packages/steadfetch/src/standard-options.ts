import type { BufferBodyOptions } from '@steadfetch/buffer-body';
import type { CircuitBreakerOptions } from '@steadfetch/circuit-breaker';
import { type Clock, checkMs, checkNames, checkNumber, type Random } from '@steadfetch/core';
import type { IdempotencyKeyOptions } from '@steadfetch/idempotency-key';
import type { RateLimitOptions } from '@steadfetch/rate-limit';
import type { RetryOptions } from '@steadfetch/retry';
import type { TimeoutLimits } from '@steadfetch/timeout';

/** All times are milliseconds. `false` leaves a layer out, `true` takes it with its defaults. */
export interface StandardOptions {
  /** Longest time for the whole call, waits and retries included, until its headers are there. @default 30_000 */
  timeout?: number | false;
  /** Longest time for one attempt. @default 10_000 */
  attemptTimeout?: number | TimeoutLimits | false;
  retry?: RetryOptions | boolean;
  rateLimit?: RateLimitOptions | boolean;
  circuitBreaker?: CircuitBreakerOptions | boolean;
  /** A key for each POST and PATCH, which are then retried: for servers that honour it. @default false */
  idempotencyKey?: IdempotencyKeyOptions | boolean;
  /** Calls in flight per origin. @default no limit */
  concurrency?: number;
  /** Reads bodies inside the attempt, so that a broken one is retried. @default false */
  bufferBody?: BufferBodyOptions | boolean;
  /** For all layers that take one. */
  clock?: Clock;
  random?: Random;
}

/** The numbers of a standard stack, checked against each other. */
export interface StandardPlan {
  timeout: number | undefined;
  attemptTimeout: TimeoutLimits | undefined;
  retry: RetryOptions | undefined;
  rateLimit: RateLimitOptions | undefined;
  circuitBreaker: CircuitBreakerOptions | undefined;
  idempotencyKey: IdempotencyKeyOptions | undefined;
  concurrency: number | undefined;
  bufferBody: BufferBodyOptions | undefined;
}

const NAMES = [
  ...['timeout', 'attemptTimeout', 'retry', 'rateLimit', 'circuitBreaker', 'idempotencyKey', 'concurrency'],
  ...['bufferBody', 'clock', 'random'],
];

const LONGEST_WAIT = 60_000;

/** Fills in the defaults and checks the relations between the numbers. */
export function planOf(options: StandardOptions): StandardPlan {
  checkNames('standard', options, NAMES);
  const timeout =
    options.timeout === false ? undefined : checkMs('standard: timeout', options.timeout ?? 30_000, { min: 1 });
  const attemptTimeout = attemptOf(options.attemptTimeout, timeout);
  const { clock, random } = options;
  const time = { ...(clock && { clock }), ...(random && { random }) };
  const wait = Math.min(timeout ?? LONGEST_WAIT, LONGEST_WAIT);
  const plan: StandardPlan = {
    timeout,
    attemptTimeout,
    retry: layer(options.retry, true, { ...time, maxDelay: wait }),
    rateLimit: layer(options.rateLimit, true, { ...time, maxWait: wait }),
    circuitBreaker: layer(options.circuitBreaker, true, time),
    idempotencyKey: layer(options.idempotencyKey, false, {}),
    concurrency: options.concurrency,
    bufferBody: layer(options.bufferBody, false, {}),
  };
  checkRelations(plan);
  return plan;
}

function attemptOf(given: StandardOptions['attemptTimeout'], timeout: number | undefined): TimeoutLimits | undefined {
  if (given === false) return undefined;
  if (typeof given === 'object' && given !== null) return given;
  const fallback = timeout === undefined ? 10_000 : Math.min(10_000, Math.ceil(timeout / 2));
  return { headers: checkMs('standard: attemptTimeout', given ?? fallback, { min: 1 }) };
}

function layer<T extends object>(
  given: T | boolean | undefined,
  byDefault: boolean,
  defaults: NoInfer<T>,
): T | undefined {
  const chosen = given ?? byDefault;
  if (chosen === false) return undefined;
  return chosen === true ? defaults : { ...defaults, ...chosen };
}

/** What must hold between the numbers, or a layer could never do its work. */
function checkRelations({ timeout, attemptTimeout, retry, rateLimit, concurrency }: StandardPlan): void {
  if (concurrency !== undefined) checkNumber('standard: concurrency', concurrency, { min: 1, integer: true });
  if (timeout === undefined) return;
  below('attemptTimeout', attemptTimeout?.headers, timeout, 'an attempt would never time out before the call does');
  notAbove('retry.maxDelay', retry?.maxDelay, timeout);
  notAbove('rateLimit.maxWait', rateLimit?.maxWait, timeout);
}

function below(name: string, value: number | undefined, timeout: number, why: string): void {
  if (value === undefined || value < timeout) return;
  throw new RangeError(`standard: ${name}: expected less than timeout (${timeout}), got ${value}: ${why}`);
}

function notAbove(name: string, value: number | undefined, timeout: number): void {
  if (value === undefined || value <= timeout) return;
  throw new RangeError(
    `standard: ${name}: expected at most timeout (${timeout}), got ${value}: no such wait would ever end in time`,
  );
}
