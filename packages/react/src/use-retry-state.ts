import React from 'react'; // in server components it has no `useSyncExternalStore`, and a store must load there
import type { RetryState, RetryStore } from './retry-store.ts';

/**
 * The calls that are being retried, the oldest first. The component is rendered anew when one comes or goes, and each
 * second while one waits. On the server there are none.
 *
 * @example
 * const [call] = useRetryState(retries);
 * return call && <output>retrying in {call.seconds} s <button onClick={call.cancel}>Cancel</button></output>;
 */
export function useRetryState(store: RetryStore): readonly RetryState[] {
  return React.useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}
