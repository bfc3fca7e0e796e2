import type { Fetch } from '../chain/fetch.ts';
import { isPlatformFetch } from './platform-fetch.ts';
import type { HeadersInit } from './platform-types.ts';

/** The plain object of the caller behind the `Headers` that a layer has put in its place; an empty one where there was none. */
const GIVEN = new WeakMap<object, object>();

/** The headers of a layer. Remembers the form of those that they replace. */
export function keepForm(headers: HeadersInit, replaced: HeadersInit | undefined): HeadersInit {
  const given: unknown = GIVEN.get(replaced as object) ?? replaced ?? {};
  if (headers instanceof Headers && typeof given === 'object' && !(Symbol.iterator in given!))
    GIVEN.set(headers, given!);
  return headers;
}

/**
 * The init with its headers as a plain object, where the caller's were one. Many wrappers of `fetch` spread them, and some
 * clients read nothing else: with `Headers` they lose all fields. The platform's `fetch` gets them as they are.
 */
export function inGivenForm(init: RequestInit | undefined, fetch: Fetch): RequestInit | undefined {
  const headers = init?.headers as Headers | undefined;
  const given = typeof headers === 'object' ? GIVEN.get(headers) : undefined;
  if (!given || isPlatformFetch(fetch)) return init;
  const names = new Map(Object.keys(given).map((name) => [name.toLowerCase(), name]));
  return {
    ...init,
    headers: Object.fromEntries([...headers!].map(([name, value]) => [names.get(name) ?? name, value])),
  };
}
