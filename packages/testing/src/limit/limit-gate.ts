import type { Clock } from '@steadfetch/core';
import { checkNames, checkNumber } from '@steadfetch/core/kit';
import { choice } from '../options.ts';
import { type LimitHint, limitHeaders } from './limit-headers.ts';
import { LIMITERS, type Limit, type LimitAlgorithm, ROUNDING, type Verdict } from './limiter.ts';

export interface RateLimitedOptions {
  /** Requests per second. Set this or `requests`. */
  rate?: number;
  /** Requests per window; with `concurrency`, requests in flight. */
  requests?: number;
  /** The window, in milliseconds. It is adjusted if it would not hold a whole number of requests. @default 1_000 */
  per?: number;
  /** How many requests may come at once, for `token-bucket` and `gcra`. @default the requests of one window */
  burst?: number;
  /** @default 'token-bucket' */
  algorithm?: LimitAlgorithm;
  /** The headers by which the server reports the limit. @default 'retry-after' */
  hint?: LimitHint;
  /** The status of a refusal, usually 429 or 503. @default 429 */
  status?: number;
  /** The clock of the limit. @default the server's clock */
  clock?: Clock;
}

/** Decides about a request that comes at `now`, and returns the headers that report the limit. */
type LimitGate = (now: number) => Verdict & { headers: Record<string, string> };

const NAMES = ['rate', 'requests', 'per', 'burst', 'algorithm', 'hint', 'status', 'clock'];

export function limitGate(options: RateLimitedOptions): LimitGate {
  checkNames('rateLimited', options, NAMES);
  const { algorithm = 'token-bucket', hint = 'retry-after', status = 429 } = options;
  checkNumber('rateLimited: status', status, { min: 200, max: 599, integer: true });
  const limiter = choice('rateLimited: algorithm', LIMITERS, algorithm);
  const limit = BURSTS.has(algorithm) ? limitOf(options) : withWholeRequests(limitOf(options));
  const take = limiter(limit);
  const headersOf = choice('rateLimited: hint', limitHeaders, hint);
  return (now) => {
    const verdict = take(now);
    return { ...verdict, headers: headersOf(limit, verdict) };
  };
}

const BURSTS = new Set<LimitAlgorithm>(['token-bucket', 'gcra']);

/** Adjusts a window so that it holds a whole number of requests: half a request per second becomes one in two seconds. A window has no burst of its own. */
function withWholeRequests({ requests, per }: Limit): Limit {
  const whole = Math.max(1, Math.floor(requests + ROUNDING));
  return { requests: whole, per: (per * whole) / requests, burst: whole };
}

function limitOf({ rate, requests, per = 1_000, burst }: RateLimitedOptions): Limit {
  if ((rate === undefined) === (requests === undefined)) {
    throw new TypeError('rateLimited: expected either rate or requests, got both or none');
  }
  checkNumber('rateLimited: per', per, { min: 1, max: Number.MAX_SAFE_INTEGER });
  const positive = { min: Number.MIN_VALUE, max: Number.MAX_SAFE_INTEGER };
  const perWindow =
    rate === undefined
      ? checkNumber('rateLimited: requests', requests, positive)
      : (checkNumber('rateLimited: rate', rate, positive) * per) / 1_000;
  const most = checkNumber('rateLimited: burst', burst === undefined ? Math.max(1, perWindow) : burst, {
    min: 1,
    max: positive.max,
  });
  return { requests: perWindow, per, burst: most };
}
