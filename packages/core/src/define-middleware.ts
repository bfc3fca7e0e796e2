import { Call } from './call.ts';
import type { Fetch, Middleware } from './fetch.ts';

/** The rest of the chain. May be called any number of times. */
export type Next = (call: Call) => Promise<Response>;

/** What authors write: gets the call and the rest of the chain, gives a response. */
export type Handler = (call: Call, next: Next) => Promise<Response>;

/** The way in for a call that one of our middlewares hands to the next, so that it is not taken apart twice. */
const ENTER: unique symbol = Symbol.for('steadfetch.enter.1') as never;

type Enterable = Fetch & { [ENTER]?: Next };

/**
 * Makes a middleware of a handler: the one place where `string | URL | Request` plus `init` is taken apart.
 *
 * What the handler throws, also synchronously, rejects the call.
 *
 * @example
 * const withTenant = (tenant: string) => defineMiddleware((call, next) => {
 *   const headers = new Headers(call.headers);
 *   headers.set('x-tenant', tenant);
 *   return next(call.with({ headers }));
 * });
 */
export function defineMiddleware(handler: Handler): Middleware {
  return (next) => {
    const proceed = enterOf(next);
    const enter: Next = (call) => handler(call, proceed);
    const fetch: Enterable = (input, init) => {
      try {
        return enter(Call.from(input, init));
      } catch (error) {
        return Promise.reject(error);
      }
    };
    fetch[ENTER] = enter;
    return fetch;
  };
}

/** How a call enters a fetch: straight into our own handlers, as `fetch(input, init)` into any other. */
export function enterOf(fetch: Fetch): Next {
  if (typeof fetch !== 'function') throw new TypeError(`next: expected a fetch function, got ${String(fetch)}`);
  return (fetch as Enterable)[ENTER] ?? ((call) => call.send(fetch));
}
