import { isDevelopment, warnOnce } from '@steadfetch/core/kit';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Warns a developer, once, that each attempt gets another key. The text is the one that core uses when `retry` is
 * composed around this middleware, so that it appears once. Core cannot see the order where a foreign wrapper is between.
 */
export function warnInsideRetry(): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    warnOnce(
      'retry() stands outside idempotencyKey(): each attempt gets a key of its own, so that a repetition is not recognised. ' +
        'Put idempotencyKey() first.',
    );
  }
}
