import type { Delay } from '@steadfetch/backoff';
import { checkFunction, unexpected } from '@steadfetch/core';
import type { Rule } from './rule.ts';

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
