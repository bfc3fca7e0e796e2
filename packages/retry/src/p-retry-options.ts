import { Call, discard, type Outcome } from '@steadfetch/core';
import type { Options } from 'p-retry';
import type { RetryOptions } from './options.ts';
import { resolvePolicy } from './policy.ts';
import { Series } from './series.ts';

/** What an operation does, so that the rules about methods, keys and origins apply to it. */
export interface Operation extends RequestInit {
  url?: string;
}

/**
 * The rules and delays of `retry` as options for `pRetry`, for an operation that is more than one fetch: fetch, parse,
 * validate. Make them anew for each operation.
 *
 * An error with a `response` (ky's `HTTPError`, or your own) is judged by that response, any other by its kind. A
 * recovery is not told to the hooks: p-retry does not say that an operation succeeded.
 *
 * @example
 * const user = await pRetry(() => fetchAndParse(url, signal), pRetryOptions({ maxRetries: 3 }, { url, signal }));
 */
export function pRetryOptions(options: RetryOptions = {}, { url = '', ...init }: Operation = {}): Options {
  const series = new Series(Call.from(url, init), resolvePolicy(options));
  const shouldRetry = async ({ error }: { error: Error }) => {
    const outcome = outcomeOf(error);
    const decision = await series.failed(outcome);
    if (!decision.retry) return false;
    if (outcome.response) discard(outcome.response);
    await series.wait(decision, outcome);
    return true;
  };
  return { retries: Infinity, minTimeout: 0, shouldRetry };
}

function outcomeOf(error: Error): Outcome {
  const { response } = error as { response?: unknown };
  return response instanceof Response ? { response, failed: false } : { error, failed: true };
}
