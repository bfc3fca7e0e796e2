export {
  type RetryState,
  type RetryStore,
  type RetryStoreOptions,
  retryStore,
  retryStoreOptions,
} from './retry-store.ts';
export { useRetryState } from './use-retry-state.ts';
