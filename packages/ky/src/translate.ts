import { classifyError, peek } from '@steadfetch/core';
import { checkFunction, checkStatuses, isDevelopment, MAX_TIMER, readField, warnOnce } from '@steadfetch/core/kit';
import type { Failure, RetryOptions, RetryOverride } from '@steadfetch/retry';
import type { RetryOptions as KyRetryOptions, NormalizedOptions, Options } from 'ky';
import * as ky from 'ky'; // ky 1 has no NetworkError, and must not fail to load
import { kyRequests } from './ky-request.ts';
import { asObject } from './ky-retry.ts';
import { MAX_DATA } from './retried-response.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

type Said = Undefinable<Pick<Options, 'retry' | 'steadfetch'>>;

/**
 * What the options of one ky call say about retries, in our words; `undefined` when they say nothing.
 *
 * ky's own `retry` is understood: a number is `maxRetries`, and each of its fields has its meaning, with two repairs:
 * jitter comes after the cap, and a wait above `maxRetryAfter` gives up instead of being cut short.
 */
export function overrideOf({ retry, steadfetch }: Said, random: () => number): RetryOverride | undefined {
  const own = steadfetch?.retry;
  if (own === false || (retry as unknown) === false) return false;
  if (own !== undefined && Object(own) !== own) return own; // which is refused
  const said = withoutKyHooks(defined({ ...translate(retry, random), ...own }));
  return own || Object.keys(said).length > 0 ? said : undefined;
}

/** ky merges `hooks` at any depth as its own, and keeps nothing of observers, where an instance and a call both have options. */
function withoutKyHooks(said: RetryOptions): RetryOptions {
  const { hooks, ...others } = said;
  if (!('beforeRequest' in Object(hooks))) return said;
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

/** As ky takes the answer: what is no delay counts as none, and the cap is for it too. */
function jittered(jitter: (delay: number) => number, delay: number, cap = Infinity): number {
  const answer = jitter(delay);
  return Number.isFinite(answer) && answer >= 0 ? Math.min(answer, cap) : delay;
}

/** A failure as a condition written for ky expects it: with ky's error and its data. Below `use()` the options of the error are empty. */
async function kyState(failure: Failure): Promise<{ error: Error; retryCount: number }> {
  const { attempt: retryCount, call, error, response } = failure;
  const known = kyRequests.get(call);
  const request = known?.request ?? new Request(call.url, { method: call.method, headers: call.headers });
  if (response) {
    const httpError = new ky.HTTPError(response, request, known?.options ?? ({} as NormalizedOptions));
    const parse = (text: string) =>
      known?.parseJson ? known.parseJson(text, { request, response }) : JSON.parse(text);
    httpError.data = await dataOf(response, await peek(response, MAX_DATA), parse);
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
