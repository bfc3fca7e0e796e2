/**
 * Calls an observer, if there is one. Ignores what it throws or rejects, and does not wait for it: an observer can
 * neither break nor delay a call.
 */
export function notify(observer: (() => unknown) | undefined): void;
export function notify<Event>(observer: ((event: Event) => unknown) | undefined, event: Event): void;
export function notify(observer: ((event?: unknown) => unknown) | undefined, event?: unknown): void {
  try {
    ignoreRejection(observer?.(event));
  } catch {}
}

/** Ignores the rejection of what may be a promise: an answer that is not awaited, or a promise where none is allowed. */
export function ignoreRejection(value: unknown): void {
  try {
    if (typeof value === 'object') void Promise.resolve(value).catch(() => {});
  } catch {}
}

export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === 'function';
}
