import { type Clock, monotonic } from '@steadfetch/core';
import {
  callHooks,
  checkFunction,
  checkHooks,
  clockOption,
  limitOption,
  type OptionTable,
  readOptions,
} from '@steadfetch/core/kit';
import type { LimitStore } from '@steadfetch/rate-limit';
import type { Ask, Place } from './place.ts';
import { StoredPacer } from './stored-pacer.ts';

/** The place where limits are kept stopped answering: each process goes on by itself. */
export interface StoreDownEvent {
  /** The limit that was asked for. */
  readonly key: string;
  /** The error of the place, or that it took too long. */
  readonly error: unknown;
}

/** The place answers again. */
export interface StoreUpEvent {
  readonly key: string;
  /** Milliseconds since it stopped answering. */
  readonly after: number;
}

/** Observers of a store. What they throw or reject has no effect. */
export interface StoreHooks {
  /** Called once when the store no longer answers. */
  onDown?(event: StoreDownEvent): unknown;
  /** Called once when it answers again. */
  onUp?(event: StoreUpEvent): unknown;
}

export interface StoreOptions {
  /** The limit of all processes together, if you know it: calls go at even intervals, without a burst. Without it the limit is measured. */
  limit?: { requests: number; per: number } | undefined;
  /** The clock of the limiter. */
  clock?: Clock;
  /** Observers, one object or several. */
  hooks?: StoreHooks | readonly StoreHooks[];
}

/** A place is up again once no question has failed for this long, ms: one that fails for some keys is asked for them each second. */
const QUIET_MS = 2_000;

/** The options as data: what each may be, and its default. */
export const storeOptions: {
  readonly limit: typeof limitOption;
  readonly clock: typeof clockOption;
  readonly hooks: { readonly check: typeof checkObservers; readonly default: readonly StoreHooks[] };
} = {
  limit: limitOption,
  clock: clockOption,
  hooks: { check: checkObservers, default: [] },
} satisfies OptionTable<StoreOptions>;

/** A store, and the place behind it. */
export interface SharedStore extends LimitStore {
  /** Asks the place itself: for a service that hands on the questions of other processes. */
  readonly ask: Ask;
}

/**
 * Makes a store for `rateLimit` from one function that asks `decide` somewhere: in a database, another thread, another tab. The store reports what
 * was accepted together with the next question, and translates the clock of that place.
 */
export function storeOf(ask: Ask, options: StoreOptions = {}): SharedStore {
  checkFunction('storeOf: ask', ask);
  const { clock, limit, hooks } = readOptions('storeOf', storeOptions, options);
  const now = monotonic(clock);
  let down: { readonly since: number; readonly failedAt: number } | undefined;
  const place: Place = {
    ask,
    known: limit ? limit.requests / limit.per : 0,
    onFailure(key, error) {
      const isNew = !down;
      down = { since: down?.since ?? now(), failedAt: now() };
      if (isNew) callHooks(hooks, 'onDown', () => ({ key, error }));
    },
    onAnswer(key) {
      if (!down || now() - down.failedAt < QUIET_MS) return;
      const after = now() - down.since;
      down = undefined;
      callHooks(hooks, 'onUp', () => ({ key, after }));
    },
  };
  return { ask, pacer: (parts) => new StoredPacer(place, parts) };
}

function checkObservers(option: string, hooks: StoreHooks | readonly StoreHooks[]): readonly StoreHooks[] {
  return checkHooks<StoreHooks>(option, ['onDown', 'onUp'], hooks);
}
