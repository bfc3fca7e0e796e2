import { ignoreRejection, isThenable } from '../events/notify.ts';
import { isDevelopment } from '../options/is-development.ts';
import { show } from '../options/show.ts';
import type { Fetch, Middleware } from './fetch.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Puts middlewares together in the order a request travels: the first is outermost.
 *
 * @example const steady = compose(retry(), timeout(10_000))(fetch);
 */
export function compose(...middlewares: Middleware[]): Middleware {
  middlewares.forEach((middleware: unknown, index) => {
    if (typeof middleware !== 'function' || middleware === globalThis.fetch)
      throw errorAt(index, middleware, middlewares);
  });
  return (next) =>
    middlewares.reduceRight((inner: Fetch, middleware, index) => {
      const made: unknown = middleware(inner);
      if (typeof made !== 'function') throw errorAt(index, made, middlewares, middleware);
      return made as Fetch;
    }, next);
}

/** A fetch or a handler used as a middleware returns a promise that rejects. That rejection is ignored. */
function errorAt(index: number, value: unknown, all: readonly Middleware[], maker?: Middleware): TypeError {
  ignoreRejection(value);
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    return new TypeError(`compose: ${explain(index, value, all.length, maker)}`);
  }
  return new TypeError(`compose: no middleware at position ${index}`);
}

function explain(index: number, value: unknown, length: number, maker: Middleware | undefined): string {
  if (maker ? isThenable(value) : typeof value === 'function') {
    const [or, made] = maker ? [' or a handler', ', or defineMiddleware(handler)'] : ['', ''];
    return `position ${index} is fetch itself${or}, write compose(${length > 1 ? 'retry()' : ''})(fetch)${made}`;
  }
  if (maker) return `the middleware at position ${index} returned ${show(value)}, expected a fetch function`;
  if (Array.isArray(value)) return `position ${index} is an array, spread it: compose(...layers)`;
  return `expected a middleware at position ${index}, got ${show(value)}`;
}
