import { Call, type CallChanges, type Fetch, type NamedOptions, type Next } from '@steadfetch/core';
import { releaseBodies, toNext } from '@steadfetch/core/kit';

/** Adds to each call what `fetch(input, init)` cannot carry: which layer retries, the number of the attempt, the time left. */
export function withCallContext(fetch: Fetch | undefined, changes: CallChanges): Fetch {
  const enter = entryOf(fetch);
  return async (input, init) => enter(Call.from(input, init).with(changes));
}

/** The init that ky passes to `fetch`, without our options. Hooks still see them in ky's options, and may pass them on to another call. */
export function withoutOurs(init: (RequestInit & NamedOptions) | undefined): RequestInit | undefined {
  if (!init || !('steadfetch' in init)) return init;
  const { steadfetch: _, ...others } = init;
  return others;
}

/**
 * Passes calls to a fetch. Marks the body of a failed call as used, as `fetch` itself does. Otherwise ky would cancel the body, and
 * cancelling a form that Node is still writing ends the process.
 */
export function entryOf(fetch: Fetch | undefined): Next {
  const enter = toNext(fetch ?? ((input, init) => globalThis.fetch(input, init)));
  return async (call) => {
    try {
      return await enter(call);
    } catch (error) {
      releaseBodies(call);
      throw error;
    }
  };
}
