import type { Fetch } from '../chain/fetch.ts';
import type { Observed } from '../events/events.ts';
import type { Rest } from './call.ts';
import type { CallRecord } from './call-record.ts';
import { copyBody, copyHeaders } from './copy-init.ts';
import { isPlatformFetch } from './platform-fetch.ts';

/** Survives a foreign wrapper that copies `init`, and two copies of this package. */
const MARK: unique symbol = Symbol.for('steadfetch.retried.2') as never;

/**
 * Whether an outer `retry` repeats the call. `last`: it does, but no attempt will follow this one. `off`: the call says
 * `retry: false`, so that no inner one repeats it either.
 */
export type Retried = boolean | 'last' | 'off';

/** Whether no attempt can follow: a limit for one attempt then leaves this one to the limit for the whole call. */
export function isLast({ retried }: { readonly retried: Retried }): boolean {
  return retried === 'last' || retried === 'off';
}

/** What a call carries through a foreign fetch. A `Call` is one, and carries itself. */
export interface Mark {
  readonly retried: Retried;
  readonly record: CallRecord;
  readonly attempt: number;
  readonly remaining: () => number;
  readonly observed: Observed | undefined;
  readonly rest?: Rest | undefined;
  /** Whether a layer inside that fetch reports the attempt to observers: then the one outside does not. */
  taken?: boolean;
}

type Marked = RequestInit & { [MARK]?: Mark };

/** The mark on the `init` of a call that one of our outer layers has sent. */
export function markOf(init: Marked): Mark | undefined {
  return init[MARK];
}

/** Says that a layer inside the foreign fetch reports the attempt to observers, so that the layer outside does not. */
export function takeAttempt(init: Marked): void {
  init[MARK]!.taken = true;
}

/**
 * The init with a mark for the middlewares inside a foreign fetch. A new object each time, with headers and bytes of its
 * own, since that fetch may write on it. The platform's `fetch` gets no mark: it takes microseconds to read an init.
 */
export function withMark(init: RequestInit | undefined, mark: Mark, fetch: Fetch): RequestInit | undefined {
  if (isPlatformFetch(fetch)) return init;
  // the mark first: to add a symbol to an object that is there costs an engine as much as all of the rest
  const marked: Marked = { [MARK]: mark, ...init };
  if (marked[MARK] !== mark) marked[MARK] = mark;
  const { headers, body } = marked;
  if (headers) marked.headers = copyHeaders(headers);
  if (typeof body === 'object' && body && mark.retried === true) marked.body = copyBody(body);
  return marked;
}
