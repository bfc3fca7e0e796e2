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
import { asObject, NOT_BY_KY, noteSaid, saidIn } from './ky-retry.ts';
import { retryHookOf } from './retry-hook.ts';
import { overrideOf } from './translate.ts';

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
  const stack = withObserverOf(unpack()(layers), layers);
  const fetch: Fetch = Object.assign(function (this: unknown, ...[input, init]: Parameters<Fetch>) {
    turnLoopOff(this);
    return stack(input, init);
  }, stack);
  const init: InitHook = (options) => {
    if (options.fetch !== fetch || retryHookOf(options)) return;
    let holder: Pick<Options, 'retry'> = options;
    let said: RetryOptions = {}; // no option says this object
    let own: RetryOverride | undefined;
    let override: RetryOverride | undefined;
    /** Reads what the options say now. Ours may be changed in place. */
    const read = () => {
      const { steadfetch } = options;
      const retry = saidIn(holder.retry);
      if (retry === said && own === steadfetch?.retry && typeof own !== 'object') return;
      own = steadfetch?.retry;
      override = overrideOf({ retry, steadfetch }, Math.random);
      if (retry !== said) said = asObject(retry);
    };
    read();
    const isOff = override === false;
    if (isOff) said = { limit: 0 };
    const forces = !isOff && mayForce(options);
    /** Without methods ky's loop repeats only what a hook forces. */
    const turnOff = (retry: RetryOptions) =>
      noteSaid(Object.assign(retry, { limit: forces ? (said.limit ?? 2) : NOT_BY_KY, methods: [] }), said);
    options.retry = turnOff({ ...said });
    // The first hook after those of init. It gets ky's copy of the option, with ky's defaults.
    const beforeRequest: BeforeRequestHook = ({ options: copy }) => {
      read();
      turnOff(copy.retry);
      holder = copy;
    };
    options.hooks = { ...options.hooks, beforeRequest: [beforeRequest, ...(options.hooks?.beforeRequest ?? [])] };
    if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
      if (!forces && !isOff && options.hooks.beforeRetry?.length) warnOnce(UNCALLED);
    }
    const told = unpack(() => !isOff && override)(layers);
    const total = remainingOf(() => options.totalTimeout, systemClock);
    options.fetch = (input, init) => {
      turnLoopOff(holder);
      read();
      const left = remainingOf(() => timeoutOf(options), systemClock);
      return withCallContext(told, { remaining: () => Math.min(total(), left()) })(input, init);
    };
  };
  const beforeError: BeforeErrorHook = ({ error }) => withHistory(error);
  const hooks = { init: [init], beforeError: [beforeError] };
  // ky merges what is enumerable. It must not merge this 0, which could not be distinguished from one that a caller means.
  return Object.defineProperty({ fetch, timeout: false, hooks }, 'retry', { value: 0 });
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
  if (Array.isArray(retry?.methods)) retry.methods = [];
  else if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    if (typeof timeout === 'number') warnOnce(REPLACED);
  }
}

/**
 * ky hands options it does not know to `fetch`: ours become members of the init, where middlewares look for them. Those of
 * `retry` stay where they are always taken for ours, as the call says them or, with ky's own `retry` option, as `override` does.
 */
function unpack(override?: () => RetryOverride | undefined): Middleware {
  return defineMiddleware((call, next) => {
    const { steadfetch, ...init }: RequestInit & NamedOptions = call.init ?? {};
    const { retry: own, ...others }: CallOptions = steadfetch ?? {};
    const retry = override ? override() : own;
    if (!steadfetch && retry === undefined) return next(call);
    const kept = retry === undefined ? {} : { steadfetch: { retry } };
    return next(call.with({ init: { ...init, ...others, ...kept } as RequestInit }));
  });
}
