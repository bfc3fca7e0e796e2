import React from 'react'; // a default import, since the module must also load in server components, where React has no `useSyncExternalStore`
import type { RetryState, RetryStore } from './retry-store.ts';

/**
 * Returns the calls that are being retried, the oldest first. The component renders again when a call is added, changed or removed, and
 * every second while one waits. On the server the list is empty.
 *
 * @example
 * const [call] = useRetryState(retries);
 * return call && <output>retrying in {call.seconds} s <button onClick={call.cancel}>Cancel</button></output>;
 */
export function useRetryState(store: RetryStore): readonly RetryState[] {
  return React.useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}
