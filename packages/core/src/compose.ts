import type { Fetch, Middleware } from './fetch.ts';
import { notify } from './notify.ts';
import { show } from './show.ts';

/**
 * Puts middlewares together in the order a request travels: the first is outermost.
 *
 * @example const steady = compose(retry(), timeout(2_000))(fetch);
 */
export function compose(...middlewares: Middleware[]): Middleware {
  middlewares.forEach(checkMiddleware);
  return (next) =>
    middlewares.reduceRight(
      (inner, middleware, index) => checkFetch(middleware(inner), index, middlewares.length),
      next,
    );
}

function checkMiddleware(middleware: unknown, index: number, { length }: readonly unknown[]): void {
  if (Array.isArray(middleware)) {
    throw new TypeError(`compose: position ${index} is an array, spread it: compose(...layers)`);
  }
  if (middleware === globalThis.fetch && middleware !== undefined) throw fetchInside(index, length);
  if (typeof middleware !== 'function') {
    throw new TypeError(`compose: expected a middleware at position ${index}, got ${show(middleware)}`);
  }
}

/** What a fetch gives that was taken for a middleware is a promise, which rejects: it is let go. */
function checkFetch(made: unknown, index: number, length: number): Fetch {
  if (typeof made === 'function') return made as Fetch;
  notify((late) => late, made);
  const isPromise = typeof (made as PromiseLike<unknown> | null | undefined)?.then === 'function';
  if (isPromise) throw fetchInside(index, length);
  throw new TypeError(`compose: the middleware at position ${index} gave ${show(made)}, expected a fetch function`);
}

function fetchInside(index: number, length: number): TypeError {
  const others = length > 1 ? 'retry()' : '';
  return new TypeError(`compose: position ${index} is fetch itself, write compose(${others})(fetch)`);
}
