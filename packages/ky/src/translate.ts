import { classifyError, peek } from '@steadfetch/core';
import { checkFunction, checkStatuses, isDevelopment, MAX_TIMER, readField, warnOnce } from '@steadfetch/core/kit';
import type { Failure, RetryOptions, RetryOverride } from '@steadfetch/retry';
import type { RetryOptions as KyRetryOptions, NormalizedOptions, Options } from 'ky';
import * as ky from 'ky'; // ky 1 has no NetworkError, and must not fail to load
import { kyRequests } from './ky-request.ts';
import { asObject } from './ky-retry.ts';
import { MAX_DATA_BYTES } from './retried-response.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

type KyCallOptions = Undefinable<Pick<Options, 'retry' | 'steadfetch'>>;

/**
 * Translates the options of one ky call into options of `retry`. Returns `undefined` if they contain nothing about retries.
 *
 * In ky's own `retry` a number is `maxRetries`, and each field keeps its meaning, with two corrections: jitter is applied after the cap, and
 * a wait above `maxRetryAfter` ends the call instead of being shortened.
 */
export function overrideOf({ retry, steadfetch }: KyCallOptions, random: () => number): RetryOverride | undefined {
  const own = steadfetch?.retry;
  if (own === false || (retry as unknown) === false) return false;
  if (own !== undefined && Object(own) !== own) return own; // the check of the options rejects it
  const options = withoutKyHooks(defined({ ...translate(retry, random), ...own }));
  return own || Object.keys(options).length > 0 ? options : undefined;
}

/** Removes `hooks` that ky has merged. ky merges `hooks` at any depth as its own if an instance and a call have them, which loses ours. */
function withoutKyHooks(options: RetryOptions): RetryOptions {
  const { hooks, ...others } = options;
  if (!('beforeRequest' in Object(hooks))) return options;
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    warnOnce(
      'ky drops `hooks` of steadfetch: { retry } when it merges the options of an instance: give them to retry()',
    );
  }
  return others;
}

function translate(retry: Options['retry'], random: () => number): Undefinable<RetryOptions> {
  const { limit, methods, statusCodes, afterStatusCodes, maxRetryAfter, retryOnTimeout, shouldRetry, ...rest } =
    asObject(retry);
  const { delay, backoffLimit, jitter, ...ours } = rest;
  if (afterStatusCodes !== undefined) checkStatuses('retry: afterStatusCodes', afterStatusCodes);
  return {
    maxRetries: limit,
    methods,
    statuses: statusCodes,
    serverHints: afterStatusCodes?.length === 0 ? false : undefined,
    maxDelay: maxRetryAfter === Infinity ? MAX_TIMER : maxRetryAfter,
    timeouts: retryOnTimeout,
    shouldRetry:
      typeof shouldRetry === 'function' ? async (failure: Failure) => shouldRetry(await kyState(failure)) : shouldRetry,
    delay: delayOf({ delay, backoffLimit, jitter }, random),
    ...ours,
  };
}

type DelayOptions = Undefinable<Pick<KyRetryOptions, 'delay' | 'backoffLimit' | 'jitter'>>;

function delayOf({ delay, backoffLimit, jitter }: DelayOptions, random: () => number): RetryOptions['delay'] {
  if (delay === undefined && backoffLimit === undefined && jitter === undefined) return undefined;
  if (delay) checkFunction('retry: delay', delay);
  const capped = (attempt: number) =>
    Math.min(backoffLimit ?? Infinity, delay ? delay(attempt) : 300 * 2 ** (attempt - 1));
  if (typeof jitter === 'function') return ({ attempt }) => jittered(jitter, capped(attempt), backoffLimit);
  return ({ attempt }) => (jitter ? random() : 1) * capped(attempt);
}

/** Applies a jitter function as ky does: ignores a result that is no valid delay, and caps the rest. */
function jittered(jitter: (delay: number) => number, delay: number, cap = Infinity): number {
  const result = jitter(delay);
  return Number.isFinite(result) && result >= 0 ? Math.min(result, cap) : delay;
}

/** Makes the argument for a `shouldRetry` written for ky: ky's error, with its `data`. Below `use()` the `options` of the error are empty. */
async function kyState(failure: Failure): Promise<{ error: Error; retryCount: number }> {
  const { attempt: retryCount, call, error, response } = failure;
  const known = kyRequests.get(call);
  const request = known?.request ?? new Request(call.url, { method: call.method, headers: call.headers });
  if (response) {
    const httpError = new ky.HTTPError(response, request, known?.options ?? ({} as NormalizedOptions));
    const parse = (text: string) =>
      known?.parseJson ? known.parseJson(text, { request, response }) : JSON.parse(text);
    httpError.data = await dataOf(response, await peek(response, MAX_DATA_BYTES), parse);
    return { error: httpError, retryCount };
  }
  if (classifyError(error).kind !== 'network') return { error: error as Error, retryCount };
  return { error: new ky.NetworkError(request, { cause: error as Error }), retryCount };
}

async function dataOf({ headers }: Response, text: string, parse: (text: string) => unknown): Promise<unknown> {
  if (text === '') return undefined;
  if (!/^[^;]*[/+]json\s*(?:;|$)/i.test(readField(headers, 'content-type') ?? '')) return text;
  try {
    return await parse(text);
  } catch {
    return undefined;
  }
}

type Undefinable<T> = { [Name in keyof T]: T[Name] | undefined };

function defined(options: Undefinable<RetryOptions>): RetryOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
