import type { Middleware } from '@steadfetch/core';
import type { RetryOptions } from './options.ts';
import { presetOf, retryOptions } from './preset.ts';
import { retryBy } from './retry-with.ts';

/**
 * Repeats a request while its outcome looks transient: `retryWith` and the rules that most clients need, as options.
 *
 * Waits between attempts: by its backoff, or as long as the server asks if that is longer. It gives up rather than wait
 * longer for the server than `maxDelay`, or past the deadline of an outer `timeout`. When it stops, the caller gets the last
 * outcome as `fetch` would have given it: the response unread, or the error itself.
 *
 * Only requests that can be repeated without harm are: by method (RFC 9110 §9.2.2), by an `Idempotency-Key`, or by
 * declaration. A stream in `init` is sent once, unless it comes from a `bodyFactory`.
 *
 * @throws the caller's abort reason, also while waiting; the error of `shouldRetry`, `inspect` or `delay`
 * @example const fetchUser = compose(retry({ maxRetries: 3 }), timeout(2_000))(fetch);
 */
export function retry(options?: RetryOptions): Middleware {
  const { policy, policyFor } = presetOf(options);
  return retryBy(policy, policyFor, Object.keys(retryOptions));
}
