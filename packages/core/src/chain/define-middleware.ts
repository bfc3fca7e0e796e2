import { forgetClones, releaseBodies } from '../body/keep-body.ts';
import { Call } from '../call/call.ts';
import { takeAttempt } from '../call/mark.ts';
import { checkFunction, optionError } from '../options/check.ts';
import { isDevelopment } from '../options/is-development.ts';
import { warnOnce } from '../options/warn-once.ts';
import type { Fetch, Middleware } from './fetch.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** The rest of the chain. May be called any number of times; what is another call, as each part of a batch, is made by `Call.from`. */
export type Next = (call: Call) => Promise<Response>;

/** What authors write: takes the call and the rest of the chain, returns a response. */
export type Handler = (call: Call, next: Next) => Promise<Response>;

/** What a stack can read about a middleware. */
export interface Layer {
  /** Shown by `layersOf`. */
  name: string;
  /**
   * Names of layers that this one must stand inside, each with what happens otherwise. A wrong order is warned of once,
   * when the stack is built, and not in production.
   */
  mustBeInside?: readonly OrderRule[];
}

/** A layer that another one must stand inside, and what happens where it stands outside. */
type OrderRule = readonly [outer: string, why: string];

/**
 * Lets one of our middlewares hand its `Call` to the next, so that the arguments are parsed once. The property names its
 * owner: a proxy, a mock or a copy that has the same property is another function, and is called as one.
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
 * Makes a middleware of a handler: the one place that parses `string | URL | Request` plus `init`.
 *
 * What the handler throws, also synchronously, rejects the call. `layersOf` shows the name.
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
        if (call.observed) takeAttempt(init!);
        return holdsStream(call) ? releasing(call, enter) : handler(call, proceed);
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

/** Whether `fetch` would use the body up: a stream, or that of a `Request`. */
function holdsStream(call: Call): boolean {
  return call.init?.body ? !call.replayable : typeof call.input === 'object';
}

/** Closes what is unread when the call fails, as `fetch` does. */
async function releasing(call: Call, enter: Next): Promise<Response> {
  try {
    return await enter(call);
  } catch (error) {
    releaseBodies(call);
    throw error;
  } finally {
    forgetClones(call);
  }
}

/** Hands calls to a fetch: straight to the handler of our own middlewares, as `fetch(input, init)` to any other. */
export function toNext(fetch: Fetch): Next {
  if (typeof fetch !== 'function') throw optionError('next', 'a fetch function, as in retry()(fetch)', fetch);
  const entrance = (fetch as Composed)[ENTER];
  return entrance?.owner === fetch ? entrance.enter : entryOf(fetch);
}

function entryOf(fetch: Fetch): Next {
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
