import type { Clock } from '@steadfetch/core';
import { checkNames, checkNumber } from '@steadfetch/core/kit';
import { choice } from '../options.ts';
import { type LimitHint, limitHeaders } from './limit-headers.ts';
import { LIMITERS, type Limit, type LimitAlgorithm, ROUNDING, type Verdict } from './limiter.ts';

export interface RateLimitedOptions {
  /** Requests per second. Give this or `requests`. */
  rate?: number;
  /** Requests per window; with `concurrency`, requests in flight. */
  requests?: number;
  /** The window, in milliseconds. One with parts of a request is made longer or shorter, to hold whole ones. @default 1_000 */
  per?: number;
  /** How many may come at once, for `token-bucket` and `gcra`. @default one window's worth */
  burst?: number;
  /** @default 'token-bucket' */
  algorithm?: LimitAlgorithm;
  /** What the server says about it. @default 'retry-after' */
  hint?: LimitHint;
  /** The status of a refusal, 429 or 503 as a rule. @default 429 */
  status?: number;
  /** Counts on this clock. @default that of the server */
  clock?: Clock;
}

/** A limit and what it says about itself. */
type LimitGate = (now: number) => Verdict & { headers: Record<string, string> };

const NAMES = ['rate', 'requests', 'per', 'burst', 'algorithm', 'hint', 'status', 'clock'];

export function limitGate(options: RateLimitedOptions): LimitGate {
  checkNames('rateLimited', options, NAMES);
  const { algorithm = 'token-bucket', hint = 'retry-after', status = 429 } = options;
  checkNumber('rateLimited: status', status, { min: 200, max: 599, integer: true });
  const limiter = choice('rateLimited: algorithm', LIMITERS, algorithm);
  const limit = BURSTS.has(algorithm) ? limitOf(options) : inWhole(limitOf(options));
  const take = limiter(limit);
  const headersOf = choice('rateLimited: hint', limitHeaders, hint);
  return (now) => {
    const verdict = take(now);
    return { ...verdict, headers: headersOf(limit, verdict) };
  };
}

const BURSTS = new Set<LimitAlgorithm>(['token-bucket', 'gcra']);

/** A window has whole requests and no burst of its own: half a request in a second is one in two. */
function inWhole({ requests, per }: Limit): Limit {
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
