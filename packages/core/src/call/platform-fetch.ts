import type { Fetch } from '../chain/fetch.ts';

/** How engines and Node print the `fetch` that they come with; a proxy and a bound function have no name there. */
const OWN = /^(?:async )?function fetch\((?:\) ?\{\s*\[native code\]\s*\}$|.*\{.*internal\/deps\/undici)/s;

let last: Fetch | undefined;
let lastIsOwn = false;

/** Whether it is the runtime's own `fetch`, and not a function in its place. False when in doubt. */
export function isPlatformFetch(fetch: Fetch): boolean {
  if (fetch !== globalThis.fetch) return false;
  if (fetch !== last) {
    last = fetch;
    lastIsOwn = OWN.test(Function.prototype.toString.call(fetch));
  }
  return lastIsOwn;
}
