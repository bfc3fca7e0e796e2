import { defineMiddleware, type Middleware } from '@steadfetch/core';

/**
 * __DESCRIPTION__
 *
 * @example
 * const send = compose(__CAMEL__())(fetch);
 */
export function __CAMEL__(): Middleware {
  return defineMiddleware((call, next) => next(call));
}
