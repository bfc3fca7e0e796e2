import type { Fetch, Middleware } from '@steadfetch/core';
import fc from 'fast-check';

/** What each of them adds to a request. */
export const ADDED = ['x-inside', '1'] as const;

const add = (headers: Headers) => headers.append(...ADDED);

/** The `fetch` of other code, which ours calls, by what it does with its arguments. */
const KINDS = {
  'sends both': (next) => next,
  'makes a Request of both': (next) => (input, init) => {
    const request = new Request(input, init);
    add(request.headers);
    return next(request);
  },
  'passes on a Request alone': (next) => (input, init) => {
    if (!(input instanceof Request)) return next(input, added(init));
    add(input.headers);
    return next(input);
  },
  'adds to a Request': (next) => (input, init) => {
    if (!(input instanceof Request)) return next(input, added(init));
    add(input.headers);
    return next(input, init);
  },
} satisfies Record<string, (next: Fetch) => Fetch>;

export type Inside = keyof typeof KINDS;

export const insides: fc.Arbitrary<Inside> = fc.constantFrom(...(Object.keys(KINDS) as Inside[]));

/** Whether it takes a `Request` without what its init says, or adds to it what its init hides. */
export function isPartial(inside: Inside): boolean {
  return inside === 'passes on a Request alone' || inside === 'adds to a Request';
}

export function fetchInside(inside: Inside): Middleware {
  return KINDS[inside];
}

function added(init: RequestInit | undefined): RequestInit {
  const headers = new Headers(init?.headers);
  add(headers);
  return { ...init, headers };
}
