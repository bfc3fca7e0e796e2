import { Call, type CallChanges, enterOf, type Fetch } from '@steadfetch/core';

/** The fetch, told more about each call than `fetch(input, init)` can say: who retries, which attempt, how much time is left. */
export function lend(fetch: Fetch | undefined, changes: () => CallChanges): Fetch {
  const enter = enterOf(fetch ?? ((input, init) => globalThis.fetch(input, init)));
  return async (input, init) => enter(Call.from(input, init).with(changes()));
}
