import { forgetClones, releaseBodies } from '../body/keep-body.ts';
import { Call } from '../call/call.ts';
import { takeAttempt } from '../call/mark.ts';
import { checkFunction, optionError } from '../options/check.ts';
import { isDevelopment } from '../options/is-development.ts';
import { warnOnce } from '../options/warn-once.ts';
import type { Fetch, Middleware } from './fetch.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** The rest of the chain. May be called any number of times. For another call, such as one part of a batch, use `Call.from`. */
export type Next = (call: Call) => Promise<Response>;

/** The function that an author writes: takes the call and the rest of the chain, returns a response. */
export type Handler = (call: Call, next: Next) => Promise<Response>;

/** The description of a middleware. */
export interface Layer {
  /** Shown by `layersOf`. */
  name: string;
  /**
   * Names of layers that this one must be inside, each with what happens otherwise. A warning says so once, when a stack
   * with the wrong order is built, but not in production.
   */
  mustBeInside?: readonly OrderRule[];
}

/** The name of a layer that must be outside of this one, and what happens otherwise. */
type OrderRule = readonly [outer: string, why: string];

/**
 * The key of the entrance by which one of our middlewares passes its `Call` to the next, so that the arguments are parsed once.
 * The entrance holds its owner: a proxy, a mock or a copy with the same property is another function, and is called as one.
 */
const ENTER: unique symbol = Symbol.for('steadfetch.enter.2') as never;

interface Entrance {
  readonly owner: Fetch;
  readonly enter: Next;
}

/** The names of our middlewares in a composed fetch, outermost first. */
const LAYERS: unique symbol = Symbol.for('steadfetch.layers.1') as never;

type Composed = Fetch & { [ENTER]?: Entrance; [LAYERS]?: readonly string[] };

/**
 * Makes a middleware of a handler: the one place that parses `string | URL | Request` and `init`.
 *
 * If the handler throws, also synchronously, the call rejects. `layersOf` shows the name.
 *
 * @example
 * const withTenant = (tenant: string) => defineMiddleware((call, next) => {
 *   const headers = new Headers(call.headers);
 *   headers.set('x-tenant', tenant);
 *   return next(call.with({ headers }));
 * });
 */
export function defineMiddleware(handler: Handler, layer?: string | Layer): Middleware {
  checkFunction('defineMiddleware: handler', handler);
  const name = typeof layer === 'string' ? layer : layer?.name;
  return (next) => {
    const proceed = toNext(next);
    const inner = layersOf(next);
    if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
      if (name !== undefined && typeof layer === 'object') warnOfOrder(layer, inner);
    }
    const enter: Next = (call) => {
      try {
        return handler(call, proceed);
      } catch (error) {
        return Promise.reject(error);
      }
    };
    const fetch: Composed = (input, init) => {
      try {
        const call = Call.from(input, init);
        takeAttempt(init);
        return mayHoldStream(call) ? sendAndRelease(call, enter) : handler(call, proceed);
      } catch (error) {
        return Promise.reject(error);
      }
    };
    fetch[ENTER] = { owner: fetch, enter };
    fetch[LAYERS] = name === undefined ? inner : [name, ...inner];
    return fetch;
  };
}

function warnOfOrder({ name, mustBeInside = [] }: Layer, inner: readonly string[]): void {
  for (const [outer, why] of mustBeInside) {
    if (inner.includes(outer)) warnOnce(`${name}() stands outside ${outer}(): ${why}. Put ${outer}() first.`);
  }
}

/** Whether the call may have a body that `fetch` uses up: a stream, or the body of a `Request`. */
function mayHoldStream(call: Call): boolean {
  return call.init?.body ? !call.replayable : typeof call.input === 'object';
}

/** Sends the call, and if it fails closes its unread body, as `fetch` does. */
async function sendAndRelease(call: Call, enter: Next): Promise<Response> {
  try {
    return await enter(call);
  } catch (error) {
    releaseBodies(call);
    throw error;
  } finally {
    forgetClones(call);
  }
}

/** Returns a function that passes calls to a fetch: directly to the handler of our own middlewares, by `fetch(input, init)` to others. */
export function toNext(fetch: Fetch): Next {
  if (typeof fetch !== 'function') throw optionError('next', 'a fetch function, as in retry()(fetch)', fetch);
  const entrance = (fetch as Composed)[ENTER];
  return entrance?.owner === fetch ? entrance.enter : nextOf(fetch);
}

function nextOf(fetch: Fetch): Next {
  return (call) => {
    try {
      return call.send(fetch);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/** The named layers of a composed fetch, outermost first, up to the first foreign wrapper. */
export function layersOf(fetch: Fetch): readonly string[] {
  return (fetch as Composed)[LAYERS] ?? [];
}
