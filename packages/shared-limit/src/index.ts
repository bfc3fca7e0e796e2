export { decide } from './decide.ts';
export type { Ask } from './place.ts';
export { type Entry, type LimitState, NOTHING, type Question, type Reply, type Told, type ToldQuota } from './state.ts';
export {
  type SharedStore,
  type StoreDownEvent,
  type StoreHooks,
  type StoreOptions,
  type StoreUpEvent,
  storeOf,
  storeOptions,
} from './store-of.ts';
export { type TabStore, type TabStoreOptions, tabStore, tabStoreOptions } from './tab-store.ts';
