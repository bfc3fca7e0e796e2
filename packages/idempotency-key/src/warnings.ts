import type { CallRecord } from '@steadfetch/core';
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

/** The calls that have got a key. */
const GIVEN = /* @__PURE__ */ new WeakMap<CallRecord, unknown>();

/** Warns a developer, once, that a layer outside sends a call again, which gets another key. `by`: the middleware that makes the key. */
export function warnOfSecondKey(record: CallRecord, by: unknown): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    if (GIVEN.get(record) === by) {
      warnOnce(
        'a layer outside of idempotencyKey() sends a call again, as after a 401, and it gets another key: an order may be placed twice. ' +
          'Put that layer inside. What is another call is made by Call.from',
      );
    }
    GIVEN.set(record, by);
  }
}
