import type { Delay } from '@steadfetch/backoff';
import { type Call, checkFunction, checkMethods, checkMs, checkNumber, unexpected } from '@steadfetch/core';
import type { Rule } from './rule.ts';

/** At most `n` retries after the first attempt. */
export function maxRetries(n: number): Rule {
  return { maxRetries: checkNumber('maxRetries', n, { integer: true }) };
}

/**
 * The longest wait to accept from the server, in milliseconds. A longer one ends the call with its last outcome. Our own
 * waits have a cap of their own.
 */
export function maxDelay(ms: number): Rule {
  return { maxDelay: checkMs('maxDelay', ms) };
}

/**
 * Waits by a delay of `@steadfetch/backoff`, in milliseconds, unless the server asks for more.
 *
 * @example backoff(fullJitter(exponential({ base: 100, cap: 10_000 })))
 */
export function backoff(delay: Delay): Rule {
  checkFunction('backoff: delay', delay);
  return {
    wait: ({ attempt, previousDelay }) => {
      const own: unknown = delay({ attempt, previousDelay });
      if (typeof own !== 'number' || !(own >= 0)) throw unexpected('retry: delay', 'milliseconds', own);
      return own;
    },
  };
}

/** Does not wait for the time that a `Retry-After` asks for. */
export function ignoreRetryAfter(): Rule {
  return { asked: () => undefined };
}

/** Declares that sending a request twice does no harm, whatever its method: for all calls, or for those that the predicate picks. */
export function evenIfNotIdempotent(predicate: (call: Call) => boolean = () => true): Rule {
  checkFunction('evenIfNotIdempotent', predicate);
  return { harmless: (call) => predicate(call) };
}

/** Repeats these methods, in place of the idempotent ones. */
export function onlyMethods(...methods: string[]): Rule {
  return { methods: checkMethods('onlyMethods', methods) };
}
