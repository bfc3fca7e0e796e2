import { checkMs, checkNumber } from '@steadfetch/core';
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
