import {
  Call,
  type CallOptions,
  compose,
  defineMiddleware,
  type Fetch,
  type Middleware,
  type NamedOptions,
  systemClock,
} from '@steadfetch/core';
import { isDevelopment, warnOnce, withObserverOf } from '@steadfetch/core/kit';
import type { RetryOverride } from '@steadfetch/retry';
import type { BeforeErrorHook, BeforeRequestHook, InitHook, Options, RetryOptions } from 'ky';
import { withHistory } from './attempt.ts';
import { withCallContext } from './call-context.ts';
import { checkKy } from './check-ky.ts';
import { remainingOf, timeoutOf } from './deadline.ts';
import { asObject, saidIn } from './ky-retry.ts';
import { retryHookOf } from './retry-hook.ts';
import { onlyForced, saidNow } from './said.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

const UNCALLED =
  'beforeRetry hooks are not called for what the stack of use() repeats: renew a token in a fetch inside, as use(retry(), () => ownFetch), or retry by the hooks of retry()';

const REPLACED =
  'hooks written after ...use() replace its own: with a timeout, ky may repeat what the stack repeats. Call extend() for them';

/**
 * A stack of middlewares as ky options: `ky.extend(use(retry(), timeout(10_000)))`.
 *
 * The stack is ky's `fetch`, above the global one, which is looked up at each call. ky's own retries and its 10 s
 * timeout are off, since they would multiply the stack's retries and cut its waits; what an `afterResponse` hook repeats
 * with `ky.retry()` is repeated. ky's `retry` option of a call or an instance is then for a `retry()` in the stack;
 * `steadfetch: { retry: … }` takes its options by our names. A `timeout` or `totalTimeout` of ky is the deadline of the stack.
 * A `fetch` given to ky later replaces the stack, as ky's options do.
 *
 * @throws a `TypeError` when a middleware is not a function, and for ky 1
 */
export function use(...middlewares: Middleware[]): Options {
  checkKy();
  const layers = compose(...middlewares)((input, init) => globalThis.fetch(input, init));
  const stack = withObserverOf(unpack(layers), layers);
  const fetch: Fetch = Object.assign(function (this: unknown, ...[input, init]: Parameters<Fetch>) {
    turnLoopOff(this);
    return stack(input, init);
  }, stack);
  const init: InitHook = (options) => {
    if (options.fetch !== fetch || retryHookOf(options)) return;
    let said = saidNow(options, options);
    const isOff = said.override === false;
    const forces = !isOff && mayForce(options);
    options.retry = onlyForced(said.retry, forces);
    // Init hooks after ours may change the retry option, and beforeRequest hooks the copy that ky makes of it.
    let holder: Pick<Options, 'retry'> = options;
    const beforeRequest: BeforeRequestHook = ({ options: copy }) => {
      const isOurs = saidIn(copy.retry) !== copy.retry;
      if (isOurs) holder = copy;
      const now = saidNow(holder, options, said);
      if (isOurs && now === said) copy.retry.methods = [];
      else Object.assign(copy.retry, onlyForced(now.retry, forces));
      said = now;
      holder = copy;
    };
    const others = options.hooks?.beforeRequest ?? [];
    // first as well, since an init hook may have put another option in its place
    const all = others.length > 0 ? [beforeRequest, ...others, beforeRequest] : [beforeRequest];
    options.hooks = { ...options.hooks, beforeRequest: all };
    if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
      if (!forces && !isOff && options.hooks.beforeRetry?.length) warnOnce(UNCALLED);
    }
    const told = overridden(() => !isOff && saidNow(holder, options, said).override)(stack);
    const total = remainingOf(() => options.totalTimeout, systemClock);
    options.fetch = (input, init) => {
      const left = remainingOf(() => timeoutOf(options), systemClock);
      return withCallContext(told, { remaining: () => Math.min(total(), left()) })(input, init);
    };
  };
  const beforeError: BeforeErrorHook = ({ error }) => withHistory(error);
  const hooks = { init: [init], beforeError: [beforeError] };
  // ky merges what is enumerable. It must not merge this 0, which could not be distinguished from one that a caller means.
  return Object.defineProperty({ fetch, timeout: false, hooks }, 'retry', { value: 0 });
}

/** Tells the stack what ky's `retry` option says. It is not added to the options, which a hook may hand on with another `retry`. */
function overridden(said: () => RetryOverride | undefined): Middleware {
  return defineMiddleware((call, next) => {
    const retry = said();
    if (retry === undefined) return next(call);
    const init: RequestInit & NamedOptions = { ...call.init };
    return next(call.with({ init: { ...init, steadfetch: { ...init.steadfetch, retry } } as RequestInit }));
  });
}

/**
 * Whether a hook may force a retry, and the body can be sent again. Only then has ky a limit: with one it clones the request, and a
 * clone keeps a stream in memory.
 */
function mayForce({ body = null, hooks }: Options): boolean {
  return Boolean(hooks?.afterResponse?.length) && Call.from('').with({ init: { body } }).replayable;
}

/**
 * ky calls `options.fetch(…)`, so that here is the last chance to reach its loop: hooks that are spread over those of
 * `use()` replace the one that turns it off. Where it keeps a timeout, it hands over that alone, and its loop cannot be reached.
 */
function turnLoopOff(options: unknown): void {
  const { retry, timeout } = Object(options) as { retry?: RetryOptions; timeout?: unknown };
  if (Array.isArray(retry?.methods)) Object.assign(retry, onlyForced(asObject(saidIn(retry))));
  else if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    if (typeof timeout === 'number') warnOnce(REPLACED);
  }
}

/**
 * ky hands options it does not know to `fetch`: ours become members of the init, where middlewares look for them. Those of
 * `retry` stay where they are always taken for ours.
 */
const unpack: Middleware = /* @__PURE__ */ defineMiddleware((call, next) => {
  if (!call.init || !('steadfetch' in call.init)) return next(call);
  const { steadfetch, ...init } = call.init as RequestInit & NamedOptions;
  const { retry, ...others }: CallOptions = steadfetch ?? {};
  const own = retry === undefined ? {} : { steadfetch: { retry } };
  return next(call.with({ init: { ...init, ...others, ...own } as RequestInit }));
});
