import { isDevelopment } from '../options/is-development.ts';
import { oneLine } from '../options/show.ts';
import { warnOnce } from '../options/warn-once.ts';
import { nameOf, textOf } from '../outcome/classify-error.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Calls an observer, if there is one. Ignores what it throws or rejects, and does not wait for it: an observer can
 * neither break nor delay a call. In development the first failure of one that gets an event is warned of.
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

/** Ignores the rejection of what may be a promise: an answer that is not awaited, or a promise where none is allowed. */
export function ignoreRejection(value: unknown, event?: unknown): void {
  try {
    if (typeof value === 'object') void Promise.resolve(value).catch((error) => warnOfFailure(error, event));
  } catch {}
}

let warned = false;

/** Without it, an observer that fails at each event would be silent for ever. What gets no event is no observer of a user. */
function warnOfFailure(error: unknown, event: unknown): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    if (warned || event === undefined) return;
    warned = true;
    const what = oneLine(textOf(error, 'message') ?? nameOf(error));
    warnOnce(`a listener of observe(), a hook or a logger has failed, which changes no call: ${what}`);
  }
}

export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === 'function';
}
