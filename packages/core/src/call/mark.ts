import type { Fetch } from '../chain/fetch.ts';
import type { Observed } from '../events/events.ts';
import type { Rest } from './call.ts';
import type { CallRecord } from './call-record.ts';
import { copyBody, copyHeaders } from './copy-init.ts';
import { isPlatformFetch } from './platform-fetch.ts';

/** The key of the mark in `init`. It survives a foreign wrapper that copies `init`, and works across copies of this package. */
const MARK: unique symbol = Symbol.for('steadfetch.retried.2') as never;

/**
 * Whether an outer `retry` repeats the call. `last`: it does, but no attempt can follow this one. `off`: the call says
 * `retry: false`, so no inner `retry` repeats it either.
 */
export type Retried = boolean | 'last' | 'off';

/** Whether no attempt can follow this one. If the whole call has a limit, the limit for one attempt then does not end it. */
export function isLast({ retried }: { readonly retried: Retried }): boolean {
  return retried === 'last' || retried === 'off';
}

/** What a call carries through a foreign fetch to our layers inside. A `Call` is itself a mark. */
export interface Mark {
  readonly retried: Retried;
  readonly record: CallRecord;
  readonly attempt: number;
  readonly remaining: () => number;
  readonly observed: Observed | undefined;
  readonly rest?: Rest | undefined;
  /** Whether a layer inside that fetch reports the attempt to observers, so that the layer outside does not. */
  taken?: boolean;
  /** Whether `record.sends` counts the request because it was handed to that fetch. */
  isCounted?: boolean;
}

type Marked = RequestInit & { [MARK]?: Mark };

/** Returns the mark on an `init`, if one of our outer layers has sent the call. */
export function markOf(init: Marked): Mark | undefined {
  return init[MARK];
}

/** Leaves it to a layer inside the foreign fetch to report the attempt to observers, and to count the request when it is sent. */
export function takeAttempt(init: Marked | null | undefined): void {
  const mark = init?.[MARK];
  if (!mark) return;
  if (mark.isCounted) mark.record.sends--;
  mark.isCounted = false;
  mark.taken = true;
}

/**
 * Returns the init with a mark for our middlewares inside a foreign fetch. Copies the init, its headers and its body, since that fetch
 * may change them. The platform's `fetch` gets no mark: it takes microseconds to read an init.
 */
export function withMark(init: RequestInit | undefined, mark: Mark, fetch: Fetch): RequestInit | undefined {
  if (isPlatformFetch(fetch)) return init;
  mark.isCounted = true;
  // the mark comes first: to add a symbol to an existing object is as slow as the rest of this function
  const marked: Marked = { [MARK]: mark, ...init };
  if (marked[MARK] !== mark) marked[MARK] = mark;
  const { headers, body } = marked;
  if (headers) marked.headers = copyHeaders(headers);
  if (typeof body === 'object' && body && mark.retried === true) marked.body = copyBody(body);
  return marked;
}
