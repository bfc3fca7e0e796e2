import type { Fetch } from './fetch.ts';

/** Survives a foreign wrapper that copies `init`, and two copies of this package. */
const RETRIED: unique symbol = Symbol.for('steadfetch.retried') as never;

/** Whether an outer `retry` repeats the call that this `init` belongs to. */
export function isRetried(init: RequestInit): boolean {
  return RETRIED in init;
}

/**
 * The init that tells a fetch that an outer `retry` repeats the call. A new object each time: what is inside may write
 * on it. The platform's own `fetch` need not know, and takes microseconds to look at an init.
 */
export function asRetried(init: RequestInit | undefined, fetch: Fetch): RequestInit | undefined {
  if (fetch === globalThis.fetch) return init;
  const marked: RequestInit & { [RETRIED]?: true } = { ...init };
  marked[RETRIED] = true;
  return marked;
}
