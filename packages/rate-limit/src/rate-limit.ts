import { defineMiddleware, type Layer, type Middleware } from '@steadfetch/core';
import { isDevelopment } from '@steadfetch/core/kit';
import type { GateSnapshot } from './gates.ts';
import { Limiter } from './limiter.ts';
import { checkOptions, type RateLimitOptions } from './options.ts';

/** A middleware whose state can be read. Used in several stacks, it shares its gates between them. */
export type RateLimiter = Middleware & {
  /** How each gate stands. Asking changes nothing. */
  snapshot(): GateSnapshot[];
  /** Forgets what was learned: of the gate with this key and those below it, or of all. */
  reset(key?: string): void;
};

/**
 * Finishes the job at the rate that the server allows.
 *
 * A refusal (429; 503 if several say so, or if its quota is used up) closes the gate of the calls like the refused one
 * until the server's time: of the same path and credential, then of more if they are refused too. They are released in
 * order, at a pace that is read from `RateLimit` fields or learned from what was accepted. The refused call is sent again
 * by itself. To an origin of which nothing is known four calls go at once, and more with each answer; without refusals no call is
 * held back after that.
 *
 * When the server asks for more than `maxWait`, forbids it, or the call cannot be sent again without harm, the caller gets
 * the refusal, unread.
 *
 * @throws {RateLimitError} a call that was not sent: the queue is full, or the wait longer than `maxWait`
 * @throws the caller's abort reason, also while waiting
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

/** The rule is for developers: its text is not part of a production bundle. */
function layer(): Layer {
  const own: Layer = { name: 'rateLimit' };
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    own.mustBeInside = [['retry', 'a refusal is retried before the gate can learn from it']];
  }
  return own;
}
