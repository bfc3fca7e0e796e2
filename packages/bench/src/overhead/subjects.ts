import { maxRetries, onNetworkError, onStatus, retryWith, TRANSIENT } from '@steadfetch/retry';
import { withRateLimit, withRetry, withTimeout } from 'fetch-extras';
import fetchRetry from 'fetch-retry';
import ky from 'ky';
import { compose, defineMiddleware, type Fetch, rateLimit, retry, standard, timeout } from 'steadfetch';
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
  { name: 'bare', make: () => stub },
  { name: 'one middleware', make: () => pass(stub) },
  { name: 'three middlewares', make: () => compose(pass, pass, pass)(stub) },
  {
    name: 'retryWith(), three rules',
    make: () => retryWith(maxRetries(3), onStatus(...TRANSIENT), onNetworkError())(stub),
  },
  { name: 'retry()', make: () => retry()(stub) },
  { name: 'retry({ budget: false })', make: () => retry({ budget: false })(stub) },
  { name: 'rateLimit()', make: () => rateLimit()(stub) },
  { name: 'timeout(10_000)', make: () => timeout(10_000)(stub) },
  { name: 'standard()', make: () => standard()(stub) },
  {
    name: 'standard(), every part on',
    make: () =>
      standard({ rateLimit: true, circuitBreaker: true, idempotencyKey: true, concurrency: 100, bufferBody: true })(
        stub,
      ),
  },
  { name: 'fetch-retry', make: () => fetchRetry(stub) as Fetch },
  { name: 'fetch-extras withRetry', make: () => withRetry()(stub as typeof fetch) as Fetch },
  { name: 'fetch-extras withTimeout, withRateLimit per ms, withRetry', make: () => triple(1) },
  { name: 'ky', make: () => ky.extend({ fetch: stub }) as unknown as Fetch },
];
