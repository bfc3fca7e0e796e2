import { defineMiddleware, type Layer } from '../chain/define-middleware.ts';
import type { Middleware } from '../chain/fetch.ts';
import { checkFunction, checkMembers, checkMs } from '../options/check.ts';
import { isDevelopment } from '../options/is-development.ts';
import { clockOption, type OptionTable, readOptions } from '../options/options.ts';
import type { Clock } from '../time/clock.ts';
import { Network } from './network.ts';

/** What has the events `online` and `offline`, as `window` does. */
export type OnlineTarget = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

export interface OnlineOptions {
  /**
   * How long after a probe the next call is sent although the browser says that it is offline, in milliseconds.
   * @default 15_000
   */
  probeEvery?: number;
  /** Whether the browser says that it is online; a function that throws counts as yes. @default () => navigator.onLine !== false */
  isOnline?: () => boolean;
  /** What has the events `online` and `offline`. @default globalThis */
  target?: OnlineTarget;
  /** Where its times come from. @default systemClock */
  clock?: Clock;
}

const OPTIONS = {
  probeEvery: { check: checkMs, default: 15_000, min: 1 },
  isOnline: {
    check: checkFunction,
    default: () => (globalThis.navigator as { readonly onLine?: boolean } | undefined)?.onLine !== false,
  },
  target: {
    check: (option: string, target: OnlineTarget) =>
      checkMembers(option, target, ['addEventListener', 'removeEventListener']),
  },
  clock: clockOption,
} satisfies OptionTable<OnlineOptions>;

/** The options as data: what each may be, and its default. */
export const onlineOptions: OptionTable<OnlineOptions> = OPTIONS;

/**
 * Holds calls back while the browser is offline, and sends them when it is back. Put it inside `retry` and
 * `circuitBreaker`.
 *
 * A browser may say that it is offline when it is not. So a call is sent as a probe all the same, at most one in
 * `probeEvery`: the first that can be repeated, or after that time the first. If the probe is answered, what the browser says is
 * ignored until it says something else; if it was a GET or HEAD, which a cache may have answered, for reads alone and until one
 * finds no network. What finds no network waits again. It fails if it may not be repeated (by its method and key, or since it says `retry: false`),
 * if the same request would fail again, or if no time is left.
 *
 * Where there is no `navigator.onLine`, as in Node, calls pass through.
 *
 * @throws a `TypeError` or `RangeError` that names the option
 * @throws the caller's abort reason, also while waiting
 * @example compose(retry(), online(), timeout(10_000))(fetch)
 */
export function online(options?: OnlineOptions): Middleware {
  const network = new Network(readOptions('online', OPTIONS, options));
  return defineMiddleware((call, next) => network.run(call, next), layer());
}

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** The rules are for developers: their texts are not part of a production bundle. */
function layer(): Layer {
  const own: Layer = { name: 'online' };
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    own.mustBeInside = [
      ['retry', 'what waits for the network is not sent again when it fails'],
      ['circuitBreaker', 'probes of a browser that is offline count as failures of the server'],
    ];
  }
  return own;
}

/** Why a call may go. */
