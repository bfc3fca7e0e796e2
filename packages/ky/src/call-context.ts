import { Call, type CallChanges, type Fetch, type NamedOptions, type Next } from '@steadfetch/core';
import { releaseBodies, toNext } from '@steadfetch/core/kit';

/** The fetch, with more about each call than `fetch(input, init)` can say: which layer retries, which attempt, how much time is left. */
export function withCallContext(fetch: Fetch | undefined, changes: CallChanges): Fetch {
  const enter = entryOf(fetch);
  return async (input, init) => enter(Call.from(input, init).with(changes));
}

/** What ky hands to a fetch, without our options. They stay in the options that hooks see, and may hand on to another call. */
export function withoutOurs(init: (RequestInit & NamedOptions) | undefined): RequestInit | undefined {
  if (!init || !('steadfetch' in init)) return init;
  const { steadfetch: _, ...others } = init;
  return others;
}

/**
 * Hands calls to a fetch. Of a call that fails the body is used up, as by `fetch`: ky would close a form that Node goes on
 * writing, which ends the process.
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
