import { warnOnce } from '@steadfetch/core';

declare const process: { readonly env?: { readonly NODE_ENV?: string } } | undefined;

/**
 * Warns a developer, once, that each attempt gets another key. In the words that core uses when `retry` is put around
 * this package's middleware, so that the warning appears once; core cannot see the order where a foreign wrapper stands
 * between.
 */
export function warnInsideRetry(): void {
  if (typeof process !== 'undefined' && process.env && process.env.NODE_ENV !== 'production') {
    warnOnce(
      'retry() stands outside idempotencyKey(): each attempt gets a key of its own, so that a repetition is not recognised. ' +
        'Put idempotencyKey() first.',
    );
  }
}
