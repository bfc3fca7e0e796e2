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
import { asObject, NOT_BY_KY, noteOriginal, originalOf } from './ky-retry.ts';
import { retryHookOf } from './retry-hook.ts';
import { overrideOf } from './translate.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

const BEFORE_RETRY_UNUSED =
  'beforeRetry hooks are not called for retries of the stack in use(): renew a token in a fetch inside, as use(retry(), () => ownFetch), or use the hooks of retry()';

const HOOKS_REPLACED =
  'hooks written after ...use() replace those of use(): with a timeout, ky may repeat what the stack repeats. Call extend() for them';

/**
 * Makes ky options of a stack of middlewares: `ky.extend(use(retry(), timeout(10_000)))`.
 *
 * The stack becomes ky's `fetch`, and calls the global `fetch`, which it looks up for each call. ky's own retries and its 10 s timeout are
 * off, since they would multiply the retries of the stack and cut its waits short. A retry that an `afterResponse` hook forces with
 * `ky.retry()` still works. ky's `retry` option configures a `retry()` in the stack; `steadfetch: { retry: … }` takes options by our own
 * names. ky's `timeout` and `totalTimeout` are deadlines of the stack. A `fetch` that ky is given later replaces the stack.
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
    let latest: Pick<Options, 'retry'> = options; // later ky's copy of them
    let original: RetryOptions = {}; // differs from any option, so that the first read() reads it
    let own: RetryOverride | undefined;
    let override: RetryOverride | undefined;
    /** Reads the options again if they may have changed. A hook may change the object in `steadfetch.retry` in place. */
    const read = () => {
      const { steadfetch } = options;
      const retry = originalOf(latest.retry, true);
      if (retry === original && own === steadfetch?.retry && typeof own !== 'object') return;
      own = steadfetch?.retry;
      override = overrideOf({ retry, steadfetch }, Math.random);
      if (retry !== original) original = asObject(retry);
    };
    read();
    const isOff = override === false;
    if (isOff) original = { limit: 0 };
    const mayForce = !isOff && mayForceRetry(options);
    /** Without methods, ky's loop makes only the retries that a hook forces. */
    const turnOff = (retry: RetryOptions) =>
      noteOriginal(
        Object.assign(retry, { limit: mayForce ? (original.limit ?? 2) : NOT_BY_KY, methods: [] }),
        original,
      );
    options.retry = turnOff({ ...original });
    // Runs first after all `init` hooks. Gets ky's copy of the option, with ky's defaults filled in.
    const beforeRequest: BeforeRequestHook = ({ options: copy }) => {
      read();
      turnOff(copy.retry);
      latest = copy;
    };
    options.hooks = { ...options.hooks, beforeRequest: [beforeRequest, ...(options.hooks?.beforeRequest ?? [])] };
    if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
      if (!mayForce && !isOff && options.hooks.beforeRetry?.length) warnOnce(BEFORE_RETRY_UNUSED);
    }
    const stackOfCall = unpack(() => !isOff && override)(layers);
    const total = remainingOf(() => options.totalTimeout, systemClock);
    options.fetch = (input, init) => {
      turnLoopOff(latest);
      read();
      const left = remainingOf(() => timeoutOf(options), systemClock);
      return withCallContext(stackOfCall, { remaining: () => Math.min(total(), left()) })(input, init);
    };
  };
  const beforeError: BeforeErrorHook = ({ error }) => withHistory(error);
  const hooks = { init: [init], beforeError: [beforeError] };
  // Not enumerable, so that ky does not merge it: a merged 0 would look like a 0 that the caller wrote.
  return Object.defineProperty({ fetch, timeout: false, hooks }, 'retry', { value: 0 });
}

/**
 * Whether a hook may force a retry, and the body can be sent again. Only then ky gets a limit above 0, since with one it clones each
 * request, and a clone keeps a stream in memory.
 */
function mayForceRetry({ body = null, hooks }: Options): boolean {
  return Boolean(hooks?.afterResponse?.length) && Call.from('').with({ init: { body } }).replayable;
}

/**
 * Turns ky's loop off from inside `options.fetch(…)`, where `this` is ky's options. This matters if other hooks have replaced ours, which turn
 * the loop off otherwise. With a timeout ky passes no `retry` option here: its loop stays on, and we can only warn.
 */
function turnLoopOff(options: unknown): void {
  const { retry, timeout } = Object(options) as { retry?: RetryOptions; timeout?: unknown };
  if (Array.isArray(retry?.methods)) retry.methods = [];
  else if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    if (typeof timeout === 'number') warnOnce(HOOKS_REPLACED);
  }
}

/**
 * Moves our options from `steadfetch` into the init, where middlewares look for them. ky passes on options that it does not know. Options of
 * `retry` stay in `steadfetch`, where they cannot be mistaken for ky's: those of the call, or those that `override` returns.
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
