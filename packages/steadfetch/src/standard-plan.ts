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

/** What each layer is given; `undefined` for one that is left out. */
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

/** The options as data: what each may be, and its default. */
export const standardOptions: OptionTable<StandardOptions> = OPTIONS;

type StandardSettings = Settings<StandardOptions, typeof OPTIONS>;

/** Fills in the defaults. The options of a layer are checked by the layer itself. */
export function planOf(options: StandardOptions | undefined): StandardPlan {
  const settings = readOptions('standard', OPTIONS, options);
  const { clock, random, timeout, idempotencyKey, retry, rateLimit, circuitBreaker, concurrency, bufferBody } =
    settings;
  const time = { clock, random };
  const wait = Math.min(timeout || LONGEST_WAIT, LONGEST_WAIT);
  // the line before a limiter has no bound: calls wait there before they come to the limiter, whose line has a bound of its own
  const maxQueue = rateLimit === false ? 1_000 : Infinity;
  // a breaker that was passed in brings its own time and numbers
  const isOwn = Object(circuitBreaker).breaker === undefined;
  // where the limit is known, so is the length of the line
  const maxWait = Object(rateLimit).limit === undefined ? wait : timeout || wait;
  return {
    clock,
    idempotencyKey: layerOptions(idempotencyKey, {}),
    timeout: timeout || undefined,
    retry: layerOptions(retry, { ...time, maxRetries: 2, maxDelay: wait }),
    rateLimit: layerOptions(rateLimit, { ...time, proof: 'first', maxWait, maxResends: 10 }),
    circuitBreaker: layerOptions(circuitBreaker, isOwn ? { ...time, openFor: 1_000, probes: 1 } : {}),
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

/** Returns `true`, `false` or the options of a layer, which it checks itself; or throws. */
function checkLayer<T extends object>(option: string, given: T | boolean): T | boolean {
  return typeof given === 'boolean' ? given : checkPlain(option, given, 'true, false or a plain options object');
}

/** A number is `maxRetries`, as ky takes it. */
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

/** The options of one layer on top of its defaults; `undefined` for a layer that is left out. */
function layerOptions<T extends object>(given: T | boolean, defaults: NoInfer<T>): T | undefined {
  if (given === false) return undefined;
  if (given === true) return defaults;
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

/** One number also limits how long a body may stand still, where bodies belong to the attempt. */
function attemptOf({ attemptTimeout, bufferBody, retry, timeout }: StandardSettings): TimeoutLimits | undefined {
  if (attemptTimeout === false || typeof attemptTimeout === 'object') return attemptTimeout || undefined;
  // half of a call that is short, so that there is time for another attempt
  const fallback = Math.min(10_000, Math.ceil((timeout || Infinity) / 2));
  if (attemptTimeout === undefined && timeout && fallback >= timeout) return undefined;
  // Where no attempt can follow, cutting one is of no use, so it has as long as the call. It ends just before that: a circuit
  // breaker counts what is cut inside of it, and the slot of a fetch that ignores its signal is free again.
  const longest = retry === false && timeout ? Math.max(fallback, timeout - 1) : fallback;
  const headers = attemptTimeout ?? longest;
  return bufferBody === false ? { headers } : { headers, body: attemptTimeout ?? fallback };
}
