import type { Call, CallRecord } from '@steadfetch/core';
import { isDevelopment, warnOnce } from '@steadfetch/core/kit';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Warns a developer, once, that a layer outside sends a call again, which gets another key. `given`: the keys that this middleware has
 * made so far. A `generate` that returns a stored key gives each sending the same one.
 */
export function warnOfSecondKey(given: WeakMap<CallRecord, string>, call: Call, key: string): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    const { record, retried } = call;
    if (retried === true) return;
    if ((given.get(record) ?? key) !== key) {
      warnOnce(
        'a layer outside of idempotencyKey() sends a call again, as after a 401, and it gets another key: an order may be placed twice. ' +
          'Put that layer inside. What is another call is made by Call.from',
      );
    }
    given.set(record, key);
  }
}
