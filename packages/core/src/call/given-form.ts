import type { Fetch } from '../chain/fetch.ts';
import { isPlatformFetch } from './platform-fetch.ts';
import type { HeadersInit } from './platform-types.ts';

/** By the `Headers` of a layer, what they replace: the plain object of the caller, an empty one if there was none, or `OF_REQUEST`. */
const GIVEN = new WeakMap<object, object>();

/** Stands for the headers that are in a `Request`, and in no init. */
const OF_REQUEST = {};

/** The headers of a layer. Remembers the form of those that they replace. */
export function keepForm(headers: HeadersInit, replaced: HeadersInit | undefined, ofRequest: boolean): HeadersInit {
  const given: unknown = GIVEN.get(replaced as object) ?? (replaced || (ofRequest ? OF_REQUEST : {}));
  // a layer may have one object for all of its calls
  const own = given === OF_REQUEST || GIVEN.has(headers) ? new Headers(headers) : headers;
  if (own instanceof Headers && typeof given === 'object' && !(Symbol.iterator in given!)) GIVEN.set(own, given!);
  return own;
}

/** Whether they are those of a layer in place of those in a `Request`. */
export function areOfRequest(headers: HeadersInit): boolean {
  return GIVEN.get(headers) === OF_REQUEST;
}

/**
 * The init with its headers as a plain object, where the caller's were one. Many wrappers of `fetch` spread them, and some
 * clients read nothing else: with `Headers` they lose all fields. The field of a key is spelled as its layer spells it, for those
 * that look for one. The platform's `fetch` gets them as they are.
 */
export function inGivenForm(
  init: RequestInit | undefined,
  fetch: Fetch,
  keyField: string | undefined,
): RequestInit | undefined {
  const headers = init?.headers;
  // most calls have none, and `instanceof` is slow
  if (headers === undefined || !(headers instanceof Headers)) return init;
  const given = GIVEN.get(headers);
  if (!given || given === OF_REQUEST || isPlatformFetch(fetch)) return init;
  const names = new Map([keyField ?? '', ...Object.keys(given)].map((name) => [name.toLowerCase(), name]));
  return {
    ...init,
    headers: Object.fromEntries(
      [...headers].map(([lower, value]) => {
        const name = names.get(lower) ?? lower;
        const own = (given as Record<string, string>)[name];
        return [name, `${own}` === value ? own! : value]; // one without a value it may leave out
      }),
    ),
  };
}
