import type { Fetch } from '../chain/fetch.ts';
import { isPlatformFetch } from './platform-fetch.ts';
import type { HeadersInit } from './platform-types.ts';

/**
 * Returns the init with its headers as a plain object, if the caller's headers were a plain object or missing. Many wrappers of `fetch`
 * spread the headers, and some clients read only plain objects: both would lose all fields of a `Headers`. Names are spelled as the caller
 * spelled them, and the name of a key as its option does, since wrappers may look for it. The platform's `fetch` gets the init unchanged.
 */
export function withPlainHeaders(
  init: RequestInit | undefined,
  fetch: Fetch,
  given: HeadersInit | undefined,
  keyField = '',
): RequestInit | undefined {
  const headers = init?.headers;
  // most calls have no headers, and `instanceof` is slow
  if (headers === undefined || !(headers instanceof Headers)) return init;
  if (typeof given !== 'object' || Symbol.iterator in given || isPlatformFetch(fetch)) return init;
  const names = new Map([keyField, ...Object.keys(given)].map((name) => [name.toLowerCase(), name]));
  const fields = [...headers].map(([lower, value]) => {
    const name = names.get(lower) ?? lower;
    const own = (given as Record<string, string>)[name];
    return [name, `${own}` === value ? own! : value]; // keeps a value such as `undefined`, which the wrapper may leave out
  });
  return { ...init, headers: Object.fromEntries(fields) };
}
