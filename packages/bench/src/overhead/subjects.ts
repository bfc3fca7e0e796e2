import { withRateLimit, withRetry, withTimeout } from 'fetch-extras';
import fetchRetry from 'fetch-retry';
import ky from 'ky';
import { compose, defineMiddleware, type Fetch, idempotencyKey, rateLimit, retry, standard, timeout } from 'steadfetch';
import type { Subject } from './measure.ts';

const response = new Response(null, { status: 200 });
const stub: Fetch = async () => response;
const pass = defineMiddleware((call, next) => next(call));
/** `interval`: what its limiter looks back over, in milliseconds, at each call. */
const triple = (interval: number) => {
  const limited = withRateLimit({ requestsPerInterval: 1_000_000, interval })(withRetry()(stub) as typeof fetch);
  return withTimeout(10_000)(limited) as Fetch;
};

/** The first is what the others are measured against. */
export const SUBJECTS: readonly Subject[] = [
  { name: 'bare', fetch: stub },
  { name: 'one middleware', fetch: pass(stub) },
  { name: 'three middlewares', fetch: compose(pass, pass, pass)(stub) },
  { name: 'retry()', fetch: retry()(stub) },
  { name: 'rateLimit()', fetch: rateLimit()(stub) },
  { name: 'timeout(10_000)', fetch: timeout(10_000)(stub) },
  { name: 'rateLimit(), retry()', fetch: compose(rateLimit(), retry())(stub) },
  {
    name: 'idempotencyKey(), retry(), timeout(10_000)',
    fetch: compose(idempotencyKey(), retry(), timeout(10_000))(stub),
  },
  { name: 'standard()', fetch: standard()(stub) },
  { name: 'fetch-retry', fetch: fetchRetry(stub) as Fetch },
  { name: 'fetch-extras withRetry', fetch: withRetry()(stub as typeof fetch) as Fetch },
  { name: 'fetch-extras withTimeout, withRateLimit per ms, withRetry', fetch: triple(1) },
  { name: 'fetch-extras withTimeout, withRateLimit per s, withRetry', fetch: triple(1_000) },
  { name: 'ky', fetch: ky.extend({ fetch: stub }) as unknown as Fetch },
];
