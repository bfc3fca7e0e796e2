import type { Fetch } from './fetch.ts';

/** Survives a foreign wrapper that copies `init`, and two copies of this package. */
const RETRIED: unique symbol = Symbol.for('steadfetch.retried') as never;

/** Whether an outer `retry` repeats the call; `off` where it was told not to, and no inner one shall. */
export type Retried = boolean | 'off';

type Marked = RequestInit & { [RETRIED]?: Retried };

/** What an outer `retry` does with the call that this `init` belongs to. */
export function retriedOf(init: Marked): Retried {
  return init[RETRIED] ?? false;
}

/**
 * The init that tells a fetch what an outer `retry` does. A new object each time: what is inside may write
 * on it. The platform's own `fetch` need not know, and takes microseconds to look at an init.
 */
export function asRetried(init: RequestInit | undefined, retried: Retried, fetch: Fetch): RequestInit | undefined {
  if (fetch === globalThis.fetch) return init;
  const marked: Marked = { ...init };
  marked[RETRIED] = retried;
  return marked;
}
