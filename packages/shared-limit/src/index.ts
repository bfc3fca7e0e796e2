export { decide } from './decide.ts';
export type { Entry, LimitState, Question, Reply, Told, ToldQuota } from './state.ts';
export {
  type SharedStore,
  type StoreDownEvent,
  type StoreHooks,
  type StoreOptions,
  type StoreUpEvent,
  storeOf,
  storeOptions,
} from './store-of.ts';
export type { Ask } from './stored-pacer.ts';
export { type TabStore, type TabStoreOptions, tabStore, tabStoreOptions } from './tab-store.ts';
