import { type Delay, exponential } from '@steadfetch/backoff';
import { type Clock, causesOf, classifyError, discard, localRefusal } from '@steadfetch/core';
import {
  checkFunction,
  checkMs,
  checkNumber,
  checkStatuses,
  clockOption,
  historyBehind,
  MAX_TIMER,
  type OptionTable,
  readOptions,
} from '@steadfetch/core/kit';
import { fullJitter } from '@steadfetch/jitter';
import { TRANSIENT } from '@steadfetch/retry';
import { serverDelay, shouldRetryHint } from '@steadfetch/server-hints';

/** Delays are milliseconds. */
export interface QueryRetryOptions {
  /** Retries after the first attempt. @default 2 */
  maxRetries?: number;
  /** Backoff before a retry, used unless the server asks for longer. @default fullJitter(exponential()) */
  delay?: Delay;
  /** Longest wait to accept from the server. A longer one ends the query. @default 60_000 */
  maxDelay?: number;
  /** Statuses that are retried. Replaces the default. @default TRANSIENT */
  statuses?: readonly number[];
  /** @default systemClock */
  clock?: Clock;
}

/** What goes into the options of a query, or into `defaultOptions.queries` of a `QueryClient`. */
export interface QueryRetry {
  retry(failureCount: number, error: unknown): boolean;
  retryDelay(failureCount: number, error: unknown): number;
}

const OPTIONS = {
  maxRetries: { check: checkNumber, default: 2, max: 1_000_000, integer: true },
  delay: { check: checkFunction },
  maxDelay: { check: checkMs, default: 60_000 },
  statuses: { default: TRANSIENT },
  clock: clockOption,
} satisfies OptionTable<QueryRetryOptions>;

/** The options as data: what each may be, and its default. */
export const queryRetryOptions: OptionTable<QueryRetryOptions> = OPTIONS;

/**
 * The rules and delays of `retry` for the loop of TanStack Query, which counts the failures and pauses while the browser is
 * offline or the page is hidden. So it is that loop that repeats: call with `retry: false` inside.
 *
 * Repeats errors that have a `response` (`ResponseError`, the `HTTPError` of ky) by its status, and other errors if they
 * are transient. What a `retry` of ours inside has judged is not repeated again, nor what one of our layers refused to send:
 * it is known by the error, one of its causes or their response, as long as that is no copy.
 * The `response` of an error that is repeated is let go of. A `delay` that throws or returns no time counts as the default.
 *
 * @throws a `TypeError` or `RangeError` that names the option
 * @example new QueryClient({ defaultOptions: { queries: queryRetry({ maxRetries: 3 }) } })
 */
export function queryRetry(options?: QueryRetryOptions): QueryRetry {
  const settings = readOptions('queryRetry', OPTIONS, options);
  const usual = fullJitter(exponential());
  const { maxRetries, delay = usual, maxDelay, clock } = settings;
  const statuses = checkStatuses('queryRetry: statuses', settings.statuses, { min: 400 });
  /** The last delay of each query is not known here: one that grows by it grows from the shortest. */
  const ownDelay = (failureCount: number) => {
    const about = { attempt: failureCount + 1, previousDelay: 0 };
    return orElse(
      () => checkNumber('queryRetry: delay', delay(about)),
      () => usual(about),
    );
  };
  const askedDelay = (response: Response | undefined) =>
    (response && serverDelay(response, { now: clock.now() })?.ms) ?? 0;
  const isRepeated = (failureCount: number, error: unknown): boolean => {
    const causes = causesOf(error);
    const response = responseOf(error);
    const isJudged = historyBehind(response) || causes.some((link) => historyBehind(link) || localRefusal(link));
    if (failureCount >= maxRetries || isJudged) return false;
    if (!response) return isTransient(error);
    const hint = shouldRetryHint(response);
    const isWanted = hint ?? statuses.has(response.status);
    if (!isWanted || askedDelay(response) > maxDelay) return false;
    discard(response);
    return true;
  };

  return {
    retry: (failureCount, error) =>
      orElse(
        () => isRepeated(failureCount, error),
        () => false,
      ),
    retryDelay: (failureCount, error) => {
      const asked = orElse(
        () => askedDelay(responseOf(error)),
        () => 0,
      );
      return Math.min(MAX_TIMER, Math.max(ownDelay(failureCount), asked));
    },
  };
}

/** TanStack never settles a query where its `retry` or `retryDelay` throws, as members of an odd error may do. */
function orElse<T>(read: () => T, otherwise: () => T): T {
  try {
    return read();
  } catch {
    return otherwise();
  }
}

/** The response that an error stands for: its own, or that of one of its causes. */
function responseOf(error: unknown): Response | undefined {
  for (const link of causesOf(error)) {
    const response = (link as { response?: unknown }).response ?? link;
    if (typeof (response as Response | undefined)?.headers?.get === 'function') return response as Response;
  }
  return undefined;
}

function isTransient(error: unknown): boolean {
  const { kind, permanent } = classifyError(error);
  return (kind === 'network' || kind === 'timeout') && !permanent;
}
