import type { Fetch } from '../chain/fetch.ts';
import { isPlatformFetch } from './platform-fetch.ts';
import type { HeadersInit } from './platform-types.ts';

/**
 * The init with its headers as a plain object, where the caller's were one, or none. Many wrappers of `fetch` spread them, and some
 * clients read nothing else: with `Headers` they lose all fields. The field of a key is spelled as its layer spells it, for those
 * that look for one. The platform's `fetch` gets them as they are.
 */
export function inGivenForm(
  init: RequestInit | undefined,
  fetch: Fetch,
  given: HeadersInit | undefined,
  keyField = '',
): RequestInit | undefined {
  const headers = init?.headers;
  // most calls have none, and `instanceof` is slow
  if (headers === undefined || !(headers instanceof Headers)) return init;
  if (typeof given !== 'object' || Symbol.iterator in given || isPlatformFetch(fetch)) return init;
  const names = new Map([keyField, ...Object.keys(given)].map((name) => [name.toLowerCase(), name]));
  const fields = [...headers].map(([lower, value]) => {
    const name = names.get(lower) ?? lower;
    const own = (given as Record<string, string>)[name];
    return [name, `${own}` === value ? own! : value]; // one without a value it may leave out
  });
  return { ...init, headers: Object.fromEntries(fields) };
}
