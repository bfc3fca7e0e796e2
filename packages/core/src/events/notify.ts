import { isDevelopment } from '../options/is-development.ts';
import { oneLine } from '../options/show.ts';
import { warnOnce } from '../options/warn-once.ts';
import { nameOf, textOf } from '../outcome/classify-error.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Calls an observer, if there is one. Does not wait for it, and ignores its errors and rejections: an observer can neither break nor delay a
 * call. In development, warns of the first failure of an observer that gets an event.
 */
export function notify(observer: (() => unknown) | undefined): void;
export function notify<Event>(observer: ((event: Event) => unknown) | undefined, event: Event): void;
export function notify(observer: ((event?: unknown) => unknown) | undefined, event?: unknown): void {
  try {
    ignoreRejection(observer?.(event), event);
  } catch (error) {
    warnOfFailure(error, event);
  }
}

/** Ignores the rejection of a value that may be a promise: the result of an observer, or an option that must not be a promise. */
export function ignoreRejection(value: unknown, event?: unknown): void {
  try {
    if (typeof value === 'object') void Promise.resolve(value).catch((error) => warnOfFailure(error, event));
  } catch {}
}

let warned = false;

/** Warns once of a user's observer, which would otherwise fail silently at each event. Without an event, the failed function is one of ours. */
function warnOfFailure(error: unknown, event: unknown): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    if (warned || event === undefined) return;
    warned = true;
    const what = oneLine(textOf(error, 'message') ?? nameOf(error));
    warnOnce(`a listener of observe() or onAbort(), a hook or a logger has failed; no call is affected: ${what}`);
  }
}

export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === 'function';
}
