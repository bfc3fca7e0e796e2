import type { Failure, RetryOptions, RetryOverride } from '@steadfetch/retry';
import { HTTPError, type RetryOptions as KyRetryOptions, NetworkError, type NormalizedOptions, type Options } from 'ky';

/** How much of a body a condition can see, in bytes. */
const MAX_DATA = 262_144;

/**
 * What the options of one ky call say about retries, in our words; `undefined` when they say nothing.
 *
 * ky's own `retry` is understood: a number is `maxRetries`, and each of its fields has its meaning, with two repairs:
 * jitter comes after the cap, and a wait above `maxRetryAfter` gives up instead of being cut short.
 */
export function overrideOf({ retry, steadfetch }: Options, random: () => number): RetryOverride | undefined {
  const own = steadfetch?.retry;
  if (own === false || (retry as unknown) === false) return false;
  const said = defined({ ...(retry === undefined ? {} : translate(retry, random)), ...own });
  return Object.keys(said).length > 0 ? said : undefined;
}

function translate(retry: KyRetryOptions | number, random: () => number): RetryOptions {
  if (typeof retry !== 'object' || retry === null) return translate({ limit: retry }, random);
  const { limit, methods, statusCodes, afterStatusCodes, maxRetryAfter, retryOnTimeout, shouldRetry, ...rest } = retry;
  const { delay, backoffLimit, jitter, ...ours } = rest;
  return defined({
    maxRetries: limit,
    methods,
    statuses: statusCodes,
    serverHints: afterStatusCodes?.length === 0 ? false : undefined,
    maxDelay: maxRetryAfter === Infinity ? undefined : maxRetryAfter,
    timeouts: retryOnTimeout,
    shouldRetry: shouldRetry && (async (failure: Failure) => shouldRetry(await kyState(failure))),
    delay: delayOf({ delay, backoffLimit, jitter }, random),
    ...ours,
  });
}

type DelayOptions = { [K in 'delay' | 'backoffLimit' | 'jitter']: KyRetryOptions[K] | undefined };

function delayOf({ delay, backoffLimit, jitter }: DelayOptions, random: () => number): RetryOptions['delay'] {
  if (delay === undefined && backoffLimit === undefined && jitter === undefined) return undefined;
  const capped = (attempt: number) =>
    Math.min(backoffLimit ?? Infinity, delay ? delay(attempt) : 300 * 2 ** (attempt - 1));
  if (typeof jitter === 'function') return ({ attempt }) => jittered(jitter, capped(attempt), backoffLimit);
  return ({ attempt }) => (jitter ? random() : 1) * capped(attempt);
}

/** As ky takes the answer: what is no delay counts as none, and the cap is for it too. */
function jittered(jitter: (delay: number) => number, delay: number, cap = Infinity): number {
  const answer = jitter(delay);
  return Number.isFinite(answer) && answer >= 0 ? Math.min(answer, cap) : delay;
}

/** A failure as a condition written for ky expects it: with ky's error and its data. `error.options` are empty. */
async function kyState(failure: Failure): Promise<{ error: Error; retryCount: number }> {
  const { attempt: retryCount, call, error, errorClass, response } = failure;
  const request = new Request(call.url, { method: call.method, headers: call.headers });
  if (response) {
    const httpError = new HTTPError(response, request, {} as NormalizedOptions);
    httpError.data = dataOf(response, await failure.peek(MAX_DATA));
    return { error: httpError, retryCount };
  }
  if (errorClass?.kind !== 'network') return { error: error as Error, retryCount };
  return { error: new NetworkError(request, { cause: error as Error }), retryCount };
}

function dataOf({ headers }: Response, text: string): unknown {
  if (!/^[^;]*[/+]json\s*(?:;|$)/i.test(headers.get('content-type') ?? '')) return text || undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function defined(options: { [K in keyof RetryOptions]: RetryOptions[K] | undefined }): RetryOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
