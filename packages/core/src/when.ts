import type { Call } from './call.ts';
import { checkFunction } from './check.ts';
import { defineMiddleware, enterOf } from './define-middleware.ts';
import type { Middleware } from './fetch.ts';

/**
 * Applies a middleware only to the calls that the predicate picks, asked once per call: a kill switch, a path, a method.
 *
 * @example when((call) => call.method === 'GET', retry())
 */
export function when(predicate: (call: Call) => boolean, middleware: Middleware): Middleware {
  checkFunction('when: predicate', predicate);
  checkFunction('when: middleware', middleware);
  return (next) => {
    const inner = enterOf(middleware(next));
    return defineMiddleware((call, skip) => (predicate(call) ? inner(call) : skip(call)))(next);
  };
}
