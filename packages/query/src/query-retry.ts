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
   * Backoff before a retry, used unless the server asks for longer. The default waits 1 to 2, 2 to 4 and 4 to 8 s: no retry comes sooner
   * than in TanStack, whose 1, 2 and 4 s last as long as the restart of a server.
   *
   * @default equalJitter(exponential({ base: 2_000 }))
   */
  delay?: Delay;
  /** Longest wait to accept from the server. A longer one ends the query. @default 65_000 */
  maxDelay?: number;
  /** Statuses that are retried. Replaces the default. @default TRANSIENT */
  statuses?: readonly number[];
  /** @default systemClock */
  clock?: Clock;
}

/**
 * What goes into the options of a query, or into `defaultOptions.queries` of a `QueryClient`. TanStack infers the type of a query's
 * error from the last overload of each: from one that takes an error it would be `unknown`.
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

/** The options as data: what each may be, and its default. */
export const queryRetryOptions: OptionTable<QueryRetryOptions> = OPTIONS;

/**
 * The rules and delays of `retry` for the loop of TanStack Query, which counts the failures and pauses while the browser is
 * offline or the page is hidden. So it is that loop that repeats: put `timeout()` alone around `fetch`, or call with `retry: false`.
 *
 * Repeats errors that have a `response` (`ResponseError`, those of ky, axios, octokit and tRPC) by its status, and other errors
 * if they are transient. What a `retry` of ours inside has judged is not repeated again, nor what one of our layers refused to send:
 * it is known by the error, one of its causes or their response, as long as that is no copy.
 * The `response` of an error that is repeated is let go of. A `delay` that throws or returns no time counts as the default.
 *
 * @throws a `TypeError` or `RangeError` that names the option
 * @example new QueryClient({ defaultOptions: { queries: queryRetry() } })
 */
export function queryRetry(options?: QueryRetryOptions): QueryRetry {
  const settings = readOptions('queryRetry', OPTIONS, options);
  const usual = equalJitter(exponential({ base: 2_000 }));
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
  const askedDelay = (answer: HintedResponse | undefined) =>
    (answer && serverDelay(answer, { now: clock.now() })?.ms) ?? 0;
  const isRepeated = (failureCount: number, thrown: unknown): boolean => {
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
        () => isRepeated(failureCount, error),
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

/** TanStack never settles a query where its `retry` or `retryDelay` throws, as members of an odd error may do. */
function orElse<T>(read: () => T, otherwise: () => T): T {
  try {
    return read();
  } catch {
    return otherwise();
  }
}

/** The network error of axios has a code that names no cause, and in browsers no other cause either. */
function isTransient(error: unknown): boolean {
  const innermost = causesOf(error).at(-1) as { readonly code?: unknown } | undefined;
  return transientKind(error) !== undefined || innermost?.code === 'ERR_NETWORK';
}
