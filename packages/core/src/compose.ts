import type { Middleware } from './fetch.ts';

/**
 * Puts middlewares together in the order a request travels: the first is outermost.
 *
 * @example const steady = compose(retry(), timeout(2_000))(fetch);
 */
export function compose(...middlewares: Middleware[]): Middleware {
  middlewares.forEach((middleware, index) => {
    if (typeof middleware !== 'function') {
      throw new TypeError(`compose: expected a middleware at position ${index}, got ${String(middleware)}`);
    }
  });
  return (next) => middlewares.reduceRight((inner, middleware) => middleware(inner), next);
}
