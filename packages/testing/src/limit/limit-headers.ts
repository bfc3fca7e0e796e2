import { type Limit, ROUNDING, type Verdict } from './limiter.ts';

/** The headers by which a server reports its limit. */
export type LimitHint = 'retry-after' | 'ratelimit' | 'x-ratelimit' | 'none';

type Headers = Record<string, string>;

/**
 * `retry-after` is sent in refusals only, in whole seconds. `ratelimit` (draft-ietf-httpapi-ratelimit-headers-10) and
 * `x-ratelimit` are sent in every response, with `retry-after` in refusals.
 */
export const limitHeaders: Readonly<Record<LimitHint, (limit: Limit, verdict: Verdict) => Headers>> = {
  none: () => ({}),
  'retry-after': (_, verdict) => retryAfter(verdict),
  ratelimit: ({ requests, per, burst }, verdict) => ({
    'ratelimit-policy': `"default";q=${Math.floor(burst)};w=${Math.max(1, Math.round((burst * per) / requests / 1_000))}`,
    ratelimit: `"default";r=${verdict.remaining};t=${seconds(verdict.reset)}`,
    ...retryAfter(verdict),
  }),
  'x-ratelimit': ({ burst }, verdict) => ({
    'x-ratelimit-limit': String(Math.floor(burst)),
    'x-ratelimit-remaining': String(verdict.remaining),
    'x-ratelimit-reset': String(seconds(verdict.reset)),
    ...retryAfter(verdict),
  }),
};

function retryAfter({ allowed, wait }: Verdict): Headers {
  return allowed ? {} : { 'retry-after': String(Math.max(1, seconds(wait))) };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000 - ROUNDING);
}
