import { Call, discard, type Outcome } from '@steadfetch/core';
import type { Options } from 'p-retry';
import { historyOf, remember } from './history.ts';
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
 * An error with a `response` from 400 (ky's `HTTPError`, or your own) is judged by that response, any other by its
 * kind. Two things p-retry keeps to itself: that an operation succeeded, so no recovery is told to the hooks; and a
 * `TypeError` whose text it does not know, which it never repeats.
 *
 * @example
 * const user = await pRetry(() => fetchAndParse(url, signal), pRetryOptions({ maxRetries: 3 }, { url, signal }));
 */
export function pRetryOptions(options: RetryOptions = {}, { url = '', ...init }: Operation = {}): Options {
  const series = new Series(Call.from(url, init), resolvePolicy(options));
  const shouldRetry = async ({ error }: { error: Error }) => {
    const outcome = outcomeOf(error);
    const decision = await series.failed(outcome);
    share(outcome.response, error);
    if (!decision.retry) return false;
    if (outcome.response) discard(outcome.response);
    await series.wait(decision, outcome);
    return true;
  };
  return { retries: Infinity, minTimeout: 0, shouldRetry };
}

function outcomeOf(error: Error): Outcome {
  const { response } = error as { response?: unknown };
  const judged = response instanceof Response && response.status >= 400;
  return judged ? { response, failed: false } : { error, failed: true };
}

/** The caller holds the error, not the response that it was judged by. */
function share(response: Response | undefined, error: Error): void {
  const history = response && historyOf(response);
  if (history) remember(error, history);
}
