import { defineMiddleware, type Layer, type Middleware } from '@steadfetch/core';
import { isDevelopment } from '@steadfetch/core/kit';
import type { GateSnapshot } from './gates.ts';
import { Limiter } from './limiter.ts';
import { checkOptions, type RateLimitOptions } from './options.ts';

/** A middleware whose state can be read. Several stacks that use it share its gates. */
export type RateLimiter = Middleware & {
  /** The state of each gate. Reading it changes nothing. */
  snapshot(): GateSnapshot[];
  /** Forgets what was learned about the gate with this key and those below it, or about all gates. */
  reset(key?: string): void;
};

/**
 * Sends calls at the rate that the server allows.
 *
 * A refusal is a 429, or a 503 if its quota is used up or there are many. It closes the gate of all calls with the same path and
 * credential for as long as the server asks, and later that of all paths if others are refused too. Then the waiting calls are sent in
 * order, at a rate that the server reports in `RateLimit` fields or that is learned from accepted and refused requests. The refused
 * call is sent again. A new origin gets four calls at once, and more with each answer. Without refusals and quotas no call is delayed
 * after that.
 *
 * The caller gets the refusal, unread, if the server asks for more than `maxWait` or forbids a repetition, or if the call cannot be
 * repeated safely.
 *
 * @throws {RateLimitError} the call was not sent: the queue is full, or the wait would be longer than `maxWait`
 * @throws the caller's abort reason, also while the call waits
 * @example const fetchAll = compose(retry(), rateLimit())(fetch);
 */
export function rateLimit(options: RateLimitOptions = {}): RateLimiter {
  const limiter = new Limiter(checkOptions(options));
  const middleware = defineMiddleware((call, next) => limiter.fetch(call, next), layer());
  return Object.assign(middleware, {
    snapshot: () => limiter.gates.snapshot(),
    reset: (key?: string) => limiter.gates.reset(key),
  });
}

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** The rule about the order helps developers. Its text is not part of a production bundle. */
function layer(): Layer {
  const own: Layer = { name: 'rateLimit' };
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    own.mustBeInside = [['retry', 'a refusal is retried before the gate can learn from it']];
  }
  return own;
}
