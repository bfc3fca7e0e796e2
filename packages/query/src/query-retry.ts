import { type Delay, exponential } from '@steadfetch/backoff';
import { type Clock, causesOf, discard, localRefusal } from '@steadfetch/core';
import {
  checkFunction,
  checkMs,
  checkNumber,
  checkStatuses,
  clockOption,
  historyBehind,
  LONGEST_WAIT,
  MAX_TIMER,
  mostSpread,
  type OptionTable,
  readOptions,
  transientKind,
} from '@steadfetch/core/kit';
import { equalJitter } from '@steadfetch/jitter';
import { TRANSIENT } from '@steadfetch/retry';
import { type HintedResponse, serverDelay, shouldRetryHint } from '@steadfetch/server-hints';
import { answerAmong, behindClient, responsesOf } from './answer-of.ts';

/** Delays are milliseconds. */
export interface QueryRetryOptions {
  /** Retries after the first attempt. @default 3, as in TanStack */
  maxRetries?: number;
  /**
   * Backoff before a retry, used unless the server asks for a longer wait. The default waits 1 to 2, 2 to 4 and 4 to 8 s: never less than
   * TanStack's 1, 2 and 4 s, which bridge the restart of a server.
   *
   * @default equalJitter(exponential({ base: 2_000 }))
   */
  delay?: Delay;
  /** Longest wait to accept from the server. If it asks for a longer one, the query fails. @default 65_000 */
  maxDelay?: number;
  /** Statuses to retry. Replaces the default. @default TRANSIENT */
  statuses?: readonly number[];
  /** @default systemClock */
  clock?: Clock;
}

/**
 * Options of a query, or of `defaultOptions.queries` of a `QueryClient`. TanStack infers the type of a query's error from the last
 * overload of each function, so that one must not take an error: the type would be `unknown`.
 */
export interface QueryRetry {
  retry(failureCount: number, error: unknown): boolean;
  retry(failureCount: number): boolean;
  retryDelay(failureCount: number, error: unknown): number;
  retryDelay(failureCount: number): number;
}

const OPTIONS = {
  maxRetries: { check: checkNumber, default: 3, max: 1_000_000, integer: true },
  delay: { check: checkFunction },
  maxDelay: { check: checkMs, default: LONGEST_WAIT },
  statuses: { default: TRANSIENT },
  clock: clockOption,
} satisfies OptionTable<QueryRetryOptions>;

/** The options as data, with their allowed values and defaults. */
export const queryRetryOptions: OptionTable<QueryRetryOptions> = OPTIONS;

/**
 * Gives TanStack Query the rules and delays of `retry`. TanStack's own loop retries: it counts the failures, and pauses while the browser
 * is offline or the page is hidden. So put `timeout()` alone around `fetch`, or call with `retry: false`.
 *
 * Retries errors that have a `response` (`ResponseError`, those of ky, axios, octokit and tRPC) by its status, and other errors
 * if they are transient. Does not retry a failure that a `retry` of ours has already handled, or a call that one of our layers did not
 * send. It recognises both by the error, its causes or their response, but not by a copy of the response.
 * Discards the `response` of an error that is retried. If `delay` throws or returns no valid number, the default is used.
 *
 * @throws a `TypeError` or `RangeError` that names the option
 * @example new QueryClient({ defaultOptions: { queries: queryRetry() } })
 */
export function queryRetry(options?: QueryRetryOptions): QueryRetry {
  const settings = readOptions('queryRetry', OPTIONS, options);
  const defaultDelay = equalJitter(exponential({ base: 2_000 }));
  const { maxRetries, delay = defaultDelay, maxDelay, clock } = settings;
  const statuses = checkStatuses('queryRetry: statuses', settings.statuses, { min: 400 });
  /** `previousDelay` is always 0: TanStack does not say which delay a query had before. */
  const ownDelay = (failureCount: number) => {
    const about = { attempt: failureCount + 1, previousDelay: 0 };
    return orElse(
      () => checkNumber('queryRetry: delay', delay(about)),
      () => defaultDelay(about),
    );
  };
  const askedDelay = (answer: HintedResponse | undefined) =>
    (answer && serverDelay(answer, { now: clock.now() })?.ms) ?? 0;
  const isRetried = (failureCount: number, thrown: unknown): boolean => {
    const error = behindClient(thrown);
    const responses = responsesOf(error); // the error and its causes are among them
    if (failureCount >= maxRetries || responses.some((link) => historyBehind(link) || localRefusal(link))) return false;
    const answer = answerAmong(responses);
    if (!answer) return isTransient(error);
    const isWanted = shouldRetryHint(answer) ?? statuses.has(answer.status);
    if (!isWanted || askedDelay(answer) > maxDelay) return false;
    discard(answer.response);
    return true;
  };

  return {
    retry: (failureCount: number, error?: unknown) =>
      orElse(
        () => isRetried(failureCount, error),
        () => false,
      ),
    retryDelay: (failureCount: number, error?: unknown) => {
      const asked = orElse(
        () => askedDelay(answerAmong(responsesOf(behindClient(error)))),
        () => 0,
      );
      const spread = mostSpread(asked, maxDelay - asked) * Math.random();
      return Math.min(MAX_TIMER, Math.max(ownDelay(failureCount), asked + spread));
    },
  };
}

/** Returns a fallback if `read` throws, e.g. by a getter of an error. If `retry` or `retryDelay` threw, TanStack would never settle the query. */
function orElse<T>(read: () => T, otherwise: () => T): T {
  try {
    return read();
  } catch {
    return otherwise();
  }
}

/** Whether the error is transient. Includes `ERR_NETWORK` of axios, which in browsers has no other cause. */
function isTransient(error: unknown): boolean {
  const innermost = causesOf(error).at(-1) as { readonly code?: unknown } | undefined;
  return transientKind(error) !== undefined || innermost?.code === 'ERR_NETWORK';
}
