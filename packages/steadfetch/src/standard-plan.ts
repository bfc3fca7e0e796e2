import type { BufferBodyOptions } from '@steadfetch/buffer-body';
import type { CircuitBreakerOptions } from '@steadfetch/circuit-breaker';
import { checkClock, checkFunction, checkMs, checkNames, checkNumber } from '@steadfetch/core/kit';
import type { IdempotencyKeyOptions } from '@steadfetch/idempotency-key';
import type { RateLimitOptions } from '@steadfetch/rate-limit';
import type { RetryOptions } from '@steadfetch/retry';
import type { TimeoutLimits } from '@steadfetch/timeout';
import { layerOptions } from './layer-options.ts';
import type { StandardConcurrency, StandardOptions } from './standard-options.ts';

/** What each layer is given; `undefined` for one that is left out. */
export interface StandardPlan {
  readonly idempotencyKey: IdempotencyKeyOptions | undefined;
  readonly timeout: number | undefined;
  readonly retry: RetryOptions | undefined;
  readonly rateLimit: RateLimitOptions | undefined;
  readonly circuitBreaker: CircuitBreakerOptions | undefined;
  readonly concurrency: StandardConcurrency | undefined;
  readonly bufferBody: BufferBodyOptions | undefined;
  readonly attemptTimeout: TimeoutLimits | undefined;
}

const NAMES = [
  ...['timeout', 'attemptTimeout', 'retry', 'rateLimit', 'circuitBreaker', 'idempotencyKey', 'concurrency'],
  ...['bufferBody', 'clock', 'random'],
];

const LONGEST_WAIT = 60_000;

/** Fills in the defaults. The options of a layer are checked by the layer itself. */
export function planOf(options: StandardOptions): StandardPlan {
  checkNames('standard', options, NAMES);
  const { timeout: given = 30_000 } = options;
  const timeout = given === false ? undefined : checkMs('standard: timeout', given, { min: 1 });
  const time = timeOf(options);
  const wait = Math.min(timeout ?? LONGEST_WAIT, LONGEST_WAIT);
  const { idempotencyKey = false, retry = true, rateLimit = false, bufferBody = false } = options;
  const key = layerOptions('idempotencyKey', idempotencyKey, {});
  return {
    idempotencyKey: key,
    timeout,
    retry: layerOptions('retry', retryOf(retry), { ...time, maxRetries: 2, maxDelay: wait }),
    rateLimit: layerOptions('rateLimit', rateLimit, { ...time, proof: 'first', maxWait: wait, maxResends: 10 }),
    circuitBreaker: breakerOf(options, time),
    concurrency: concurrencyOf(options.concurrency),
    bufferBody: layerOptions('bufferBody', bufferBody, { maxBytes: 1_000_000 }),
    attemptTimeout: attemptOf(options, timeout),
  };
}

function timeOf({ clock, random }: StandardOptions): Pick<StandardOptions, 'clock' | 'random'> {
  return {
    ...(clock === undefined ? {} : { clock: checkClock('standard', clock) }),
    ...(random === undefined ? {} : { random: checkFunction('standard: random', random) }),
  };
}

/** A number is `maxRetries`, as ky takes it. */
function retryOf(retry: RetryOptions | boolean | number): RetryOptions | boolean {
  return typeof retry === 'number' ? { maxRetries: retry } : retry;
}

/** Short, as it grows: an outage that is over when a circuit opens must not be felt for long after it. */
const OPEN_FOR = 1_000;

/** A breaker that was passed in brings its own time and numbers. */
function breakerOf(
  { circuitBreaker = false }: StandardOptions,
  time: Pick<StandardOptions, 'clock' | 'random'>,
): CircuitBreakerOptions | undefined {
  const passed = Object(circuitBreaker).breaker !== undefined;
  return layerOptions('circuitBreaker', circuitBreaker, passed ? {} : { ...time, openFor: OPEN_FOR, probes: 1 });
}

function concurrencyOf(given: StandardOptions['concurrency'] = false): StandardConcurrency | undefined {
  if (given === false) return undefined;
  if (typeof given === 'object' && given !== null) {
    const { max, ...options } = given;
    return { max, maxQueue: 1_000, ...options };
  }
  return { max: checkNumber('standard: concurrency', given, { min: 1, integer: true }), maxQueue: 1_000 };
}

/** One number also limits how long a body may stand still, where bodies belong to the attempt. */
function attemptOf(
  { attemptTimeout, bufferBody = false }: StandardOptions,
  timeout = Infinity,
): TimeoutLimits | undefined {
  if (attemptTimeout === false) return undefined;
  if (typeof attemptTimeout === 'object' && attemptTimeout !== null) return attemptTimeout;
  // half of a call that is short, so that there is time for another attempt
  const fallback = Math.min(10_000, Math.ceil(timeout / 2));
  if (attemptTimeout === undefined && fallback >= timeout) return undefined;
  const given = attemptTimeout === undefined ? fallback : attemptTimeout;
  const headers = checkMs('standard: attemptTimeout', given, { min: 1 });
  return bufferBody === false ? { headers } : { headers, body: headers };
}
