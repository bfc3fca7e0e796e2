import { Call, type CallChanges, type Fetch } from '@steadfetch/core';
import { releaseBodies, toNext } from '@steadfetch/core/kit';

/** The fetch, with more about each call than `fetch(input, init)` can say: which layer retries, which attempt, how much time is left. */
export function withCallContext(fetch: Fetch | undefined, changes: () => CallChanges): Fetch {
  const enter = entryOf(fetch);
  return async (input, init) => enter(Call.from(input, init).with(changes()));
}

/** The same for the attempts of one call, which share the record of `base`. */
export function attemptsWithContext(
  fetch: Fetch | undefined,
  base: Call,
): (request: Request, changes: CallChanges) => Promise<Response> {
  const enter = entryOf(fetch);
  return async (request, changes) =>
    enter(base.with({ ...changes, input: request, init: Call.from(request, changes.init).init }));
}

/** Of a call that fails the body is used up, as by `fetch`: ky would close a form that Node goes on writing, which ends the process. */
function entryOf(fetch: Fetch | undefined): (call: Call) => Promise<Response> {
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
