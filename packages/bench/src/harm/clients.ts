import {
  compose,
  defineMiddleware,
  type RetryOptions,
  retry,
  type StandardOptions,
  standard,
  timeout,
} from 'steadfetch';
import type { Client } from './live.ts';
import type { Part } from './situation.ts';

/** An attempt timeout inside knows of no retry, and cuts each attempt at its limit. */
const fixedCut = defineMiddleware((call, next) => next(call.with({ retried: false })));

/** A usual retry without state: the limit for the call, the retries, the limit for an attempt. */
export function plainWith(
  options: RetryOptions = {},
  limits: { timeout?: number; attemptTimeout?: number } = {},
): Client {
  return (fetch, { clock, random }) => {
    const time = { clock };
    return compose(
      timeout(limits.timeout ?? 30_000, time),
      retry({ clock, random, budget: false, ...options }),
      fixedCut,
      timeout(limits.attemptTimeout ?? 10_000, time),
    )(fetch);
  };
}

export const plain: Client = plainWith();

export function standardWith(options: StandardOptions = {}): Client {
  return (fetch, { clock, random }) => standard({ clock, random, ...options })(fetch);
}

/** Turns one part of `standard()` on or off. */
export function partOption(part: Part, on: boolean): StandardOptions {
  if (part === 'budget') return on ? {} : { retry: { budget: false } };
  if (part === 'attemptTimeout') return on ? {} : { attemptTimeout: false };
  return { [part]: on };
}
