import type { Call, CallRecord } from '@steadfetch/core';
import { isDevelopment, warnOnce } from '@steadfetch/core/kit';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Warns a developer, once, that a layer outside sends a call again and the call gets another key. `sentKeys` holds the last key of
 * each call. There is no warning if `generate` returns the same stored key each time.
 */
export function warnOfSecondKey(sentKeys: WeakMap<CallRecord, string>, call: Call, key: string): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    const { record } = call;
    if ((sentKeys.get(record) ?? key) !== key) {
      warnOnce(
        'a layer outside of idempotencyKey() sends a call again, as after a 401, with another key: an order may be placed twice. ' +
          'Put that layer inside. To make another call, use Call.from',
      );
    }
    sentKeys.set(record, key);
  }
}
