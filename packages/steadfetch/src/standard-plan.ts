import type { BufferBodyOptions } from '@steadfetch/buffer-body';
import type { CircuitBreakerOptions } from '@steadfetch/circuit-breaker';
import { concurrencyOptions } from '@steadfetch/concurrency';
import type { Clock } from '@steadfetch/core';
import {
  checkMs,
  checkNames,
  checkNumber,
  checkPlain,
  clockOption,
  LONGEST_WAIT,
  type NumberRule,
  type OptionTable,
  optionError,
  randomOption,
  readOptions,
  type Settings,
} from '@steadfetch/core/kit';
import type { IdempotencyKeyOptions } from '@steadfetch/idempotency-key';
import type { RateLimitOptions } from '@steadfetch/rate-limit';
import type { RetryOptions } from '@steadfetch/retry';
import { type TimeoutLimits, timeoutLimits } from '@steadfetch/timeout';
import type { StandardConcurrency, StandardOptions } from './standard-options.ts';

/** The options of each layer, with defaults. `undefined` for a layer that is left out. */
export interface StandardPlan {
  readonly clock: Clock;
  readonly idempotencyKey: IdempotencyKeyOptions | undefined;
  readonly timeout: number | undefined;
  readonly retry: RetryOptions | undefined;
  readonly rateLimit: RateLimitOptions | undefined;
  readonly circuitBreaker: CircuitBreakerOptions | undefined;
  readonly concurrency: StandardConcurrency | undefined;
  readonly bufferBody: BufferBodyOptions | undefined;
  readonly attemptTimeout: TimeoutLimits | undefined;
}

const OPTIONS = {
  timeout: { check: checkTime, default: 30_000, min: 1, unit: 'ms' },
  attemptTimeout: { check: checkLimits, min: 1, unit: 'ms' },
  retry: { check: checkRetry, default: true },
  rateLimit: { check: checkLayer, default: false },
  circuitBreaker: { check: checkLayer, default: false },
  idempotencyKey: { check: checkLayer, default: false },
  concurrency: { check: checkSlots, default: false, min: 1, integer: true },
  bufferBody: { check: checkLayer, default: false },
  clock: clockOption,
  random: randomOption,
} satisfies OptionTable<StandardOptions>;

/** The options as data, with their allowed values and defaults. */
export const standardOptions: OptionTable<StandardOptions> = OPTIONS;

type StandardSettings = Settings<StandardOptions, typeof OPTIONS>;

/** Fills in the defaults. Each layer checks its own options. */
export function planOf(options: StandardOptions | undefined): StandardPlan {
  const settings = readOptions('standard', OPTIONS, options);
  const { clock, random, timeout, idempotencyKey, retry, rateLimit, circuitBreaker, concurrency, bufferBody } =
    settings;
  const time = { clock, random };
  const wait = Math.min(timeout || LONGEST_WAIT, LONGEST_WAIT);
  // With a limiter inside, the queue for slots has no bound: the limiter's own queue has one.
  const maxQueue = rateLimit === false ? 1_000 : Infinity;
  // a breaker that was passed in keeps its own clock and options
  const breakerIsNew = Object(circuitBreaker).breaker === undefined;
  // With a known limit the wait of each call is known too, so it may be as long as the call.
  const maxWait = Object(rateLimit).limit === undefined ? wait : timeout || wait;
  return {
    clock,
    idempotencyKey: layerOptions(idempotencyKey, {}),
    timeout: timeout || undefined,
    retry: layerOptions(retry, { ...time, maxRetries: 2, maxDelay: wait }),
    rateLimit: layerOptions(rateLimit, { ...time, proof: 'first', maxWait, maxResends: 10 }),
    circuitBreaker: layerOptions(circuitBreaker, breakerIsNew ? { ...time, openFor: 1_000, probes: 1 } : {}),
    concurrency: concurrency && layerOptions(concurrency, { max: concurrency.max, maxQueue }),
    bufferBody: layerOptions(bufferBody, { maxBytes: 1_000_000 }),
    attemptTimeout: attemptOf(settings),
  };
}

function checkTime(option: string, given: number | false, range: NumberRule): number | false {
  return given !== false && checkMs(option, given, range);
}

function checkLimits(
  option: string,
  given: number | TimeoutLimits | false,
  range: NumberRule,
): number | TimeoutLimits | false {
  if (typeof given !== 'object') return checkTime(option, given, range);
  const limits = readOptions(option, timeoutLimits, given);
  if (limits.headers ?? limits.body) return given;
  throw optionError(option, 'a limit for headers or body', given);
}

/** Returns a boolean or the options of a layer, or throws. The layer checks the options themselves. */
function checkLayer<T extends object>(option: string, given: T | boolean): T | boolean {
  return typeof given === 'boolean' ? given : checkPlain(option, given, 'true, false or a plain options object');
}

/** A number is `maxRetries`, as in ky. */
function checkRetry(option: string, given: RetryOptions | boolean | number): RetryOptions | boolean {
  return checkLayer(option, typeof given === 'number' ? { maxRetries: given } : given);
}

function checkSlots(
  option: string,
  given: number | StandardConcurrency | false,
  range: NumberRule,
): StandardConcurrency | undefined {
  if (given === false) return undefined;
  if (typeof given !== 'object') return { max: checkNumber(option, given, range) };
  checkNames(option, checkPlain(option, given), ['max', ...Object.keys(concurrencyOptions)]);
  return given;
}

/** Merges the options of a layer with its defaults. `undefined` for a layer that is left out. */
function layerOptions<T extends object>(given: T | boolean, defaults: NoInfer<T>): T | undefined {
  if (given === false) return undefined;
  if (given === true) return defaults;
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

/** The limits of one attempt. With `bufferBody`, a number limits the headers and how long the body may stall. */
function attemptOf({ attemptTimeout, bufferBody, retry, timeout }: StandardSettings): TimeoutLimits | undefined {
  if (attemptTimeout === false || typeof attemptTimeout === 'object') return attemptTimeout || undefined;
  // half of a short `timeout`, so that there is time for a second attempt
  const fallback = Math.min(10_000, Math.ceil((timeout || Infinity) / 2));
  if (attemptTimeout === undefined && timeout && fallback >= timeout) return undefined;
  // Without retries, the attempt may take as long as the call. It ends 1 ms earlier, inside the other layers: then a circuit breaker
  // counts the timeout, and a fetch that ignores its signal does not keep its slot.
  const longest = retry === false && timeout ? Math.max(fallback, timeout - 1) : fallback;
  const headers = attemptTimeout ?? longest;
  return bufferBody === false ? { headers } : { headers, body: attemptTimeout ?? fallback };
}
