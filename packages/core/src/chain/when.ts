import type { Call } from '../call/call.ts';
import { isThenable } from '../events/notify.ts';
import { checkFunction, optionError } from '../options/check.ts';
import { defineMiddleware, toNext } from './define-middleware.ts';
import type { Middleware } from './fetch.ts';

/**
 * Applies a middleware only to the calls that the predicate picks, e.g. by a switch, a path or a method.
 *
 * @example when((call) => call.method === 'GET', retry())
 */
export function when(predicate: (call: Call) => boolean, middleware: Middleware): Middleware {
  checkFunction('when: predicate', predicate);
  checkFunction('when: middleware', middleware);
  return (next) => {
    const inner = toNext(middleware(next));
    return defineMiddleware((call, skip) => {
      const picked: unknown = predicate(call);
      if (isThenable(picked)) throw optionError('when: predicate', 'it to return true or false', picked);
      return picked ? inner(call) : skip(call);
    })(next);
  };
}
