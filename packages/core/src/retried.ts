import type { CallRecord } from './call-record.ts';
import type { Fetch } from './fetch.ts';

/** Survives a foreign wrapper that copies `init`, and two copies of this package. */
const RETRIED: unique symbol = Symbol.for('steadfetch.retried.2') as never;

/**
 * Whether an outer `retry` repeats the call. `last`: it does, but no attempt will follow this one. `off`: it was told to
 * leave the call alone, and no inner one shall repeat it.
 */
export type Retried = boolean | 'last' | 'off';

/** What a call carries through a fetch that is not ours. */
interface Mark {
  readonly retried: Retried;
  readonly record: CallRecord;
}

type Marked = RequestInit & { [RETRIED]?: Mark };

/** The mark on the `init` of a call that an outer layer of ours has sent. */
export function markOf(init: Marked): Mark | undefined {
  return init[RETRIED];
}

/**
 * The init that tells a fetch what an outer `retry` does. A new object each time: what is inside may write
 * on it. The platform's own `fetch` need not know, and takes microseconds to look at an init.
 */
export function asRetried(init: RequestInit | undefined, mark: Mark, fetch: Fetch): RequestInit | undefined {
  if (fetch === globalThis.fetch) return init;
  const marked: Marked = { ...init };
  marked[RETRIED] = mark;
  return marked;
}
