import type { Fetch } from '../chain/fetch.ts';

/** Matches the source text of a native `fetch`, in engines and in Node. A proxy or a bound function prints no name. */
const NATIVE_FETCH = /^(?:async )?function fetch\((?:\) ?\{\s*\[native code\]\s*\}$|.*\{.*internal\/deps\/undici)/s;

let last: Fetch | undefined;
let lastIsNative = false;

/** Whether it is the runtime's own `fetch`, and not a replacement. False if in doubt. */
export function isPlatformFetch(fetch: Fetch): boolean {
  if (fetch !== globalThis.fetch) return false;
  if (fetch !== last) {
    last = fetch;
    lastIsNative = NATIVE_FETCH.test(Function.prototype.toString.call(fetch));
  }
  return lastIsNative;
}
