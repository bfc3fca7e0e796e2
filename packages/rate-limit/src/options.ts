import type { Call, Clock, Random } from '@steadfetch/core';
import {
  checkChoice,
  checkFunction,
  checkHooks,
  checkMethods,
  checkMs,
  checkNumber,
  checkStatuses,
  clockOption,
  LONGEST_WAIT,
  limitOption,
  type OptionTable,
  optionError,
  randomOption,
  readOptions,
} from '@steadfetch/core/kit';
import type { LimitHooks } from './events.ts';
import type { LimitStore } from './store.ts';

const SCOPES = ['auto', 'path', 'credential', 'origin'] as const;

/** Which calls share a gate. A function returns one name, or several from wide to narrow. */
export type RateLimitScope = (typeof SCOPES)[number] | ((call: Call) => string | readonly string[]);

/** All times are milliseconds. */
export interface RateLimitOptions {
  /**
   * A limit known in advance: any window of `per` milliseconds sees at most `requests`. Each of the narrowest gates has it, and none
   * widens. Without it the limit is learned.
   */
  limit?: { requests: number; per: number };
  /** Calls with the same key share one gate, whatever their path and credential. Replaces the origin. */
  key?: (call: Call) => string;
  /**
   * `auto`: a gate per path, which widens to the credential when others are refused too. `path`,
   * `credential`, `origin`: one gate for each of these, for good. A function: its names below the origin or `key`, of
   * which several widen as `auto` does. @default 'auto'; 'origin' where `key` or `limit` is given
   */
  scope?: RateLimitScope;
  /**
   * How much proof a limit needs. `direct`: a refusal closes its gate, if it asks for a wait or a limit was learned. `first`: a
   * share of several answers must be refused, also where a limit was learned. @default 'direct'
   */
  proof?: 'direct' | 'first';
  /**
   * What a call costs, in the unit of the told quota that counts (tokens); 1 where it is left out. `limit`, and a limit that is not
   * told, are measured in requests.
   */
  cost?: (call: Call) => number;
  /** What a call cost in truth, read from its response; `undefined` if that does not say. */
  costOf?: (response: Response) => number | undefined;
  /**
   * The longest a call is held back, over all its sends, and the longest a gate is closed for. Above a minute, since many
   * windows are that long, and their ends are told in whole seconds. @default 65_000
   */
  maxWait?: number;
  /**
   * How many calls may wait per gate, also at the start, when four go at once, or for the answer of a `store`. With a `store` it is
   * one at least. @default 10_000
   */
  maxQueue?: number;
  /**
   * How many gates are kept at rest: those that were used last, and before them those that hold calls back.
   * With more keys than that within `per`, a `limit` is not kept for all of them. @default 1_000
   */
  maxKeys?: number;
  /** How often a refused call is sent again; repetitions by `retry` count too. @default 10 */
  maxResends?: number;
  /** What counts as a refusal; 403, 503 and 529 only with a wait or a used-up quota. @default [429, 503] */
  statuses?: readonly number[];
  /** Methods that are sent again. @default all after a 429; after others the idempotent ones, or with an Idempotency-Key */
  methods?: readonly string[];
  /** Where a limit is kept that several processes share. It sets the pace. @default none: each learns for itself */
  store?: LimitStore;
  clock?: Clock;
  random?: Random;
  /** Observers, one object or several. */
  hooks?: LimitHooks | readonly LimitHooks[];
}

const OPTIONS = {
  limit: limitOption,
  key: { check: checkFunction },
  scope: { check: checkScope },
  proof: { check: checkChoice, default: 'direct', values: ['direct', 'first'] },
  cost: { check: checkFunction },
  costOf: { check: checkFunction },
  maxWait: { check: checkMs, default: LONGEST_WAIT },
  maxQueue: { check: checkNumber, default: 10_000, integer: true },
  maxKeys: { check: checkNumber, default: 1_000, min: 1, max: 1_000_000, integer: true },
  maxResends: { check: checkNumber, default: 10, integer: true },
  statuses: { check: checkStatuses, default: [429, 503], min: 400, max: 599 },
  methods: { check: checkMethods },
  store: { check: checkStore },
  clock: clockOption,
  random: randomOption,
  hooks: { check: checkObservers, default: [] },
} satisfies OptionTable<RateLimitOptions>;

/** The options as data: what each may be, and its default. */
export const rateLimitOptions: OptionTable<RateLimitOptions> = OPTIONS;

/** The options, checked and complete. */
export interface Settings
  extends Pick<
    Required<RateLimitOptions>,
    'scope' | 'proof' | 'maxWait' | 'maxQueue' | 'maxKeys' | 'maxResends' | 'clock' | 'random'
  > {
  readonly limit: RateLimitOptions['limit'] | undefined;
  readonly key: RateLimitOptions['key'] | undefined;
  readonly cost: RateLimitOptions['cost'] | undefined;
  readonly costOf: RateLimitOptions['costOf'] | undefined;
  readonly store: LimitStore | undefined;
  readonly statuses: ReadonlySet<number>;
  readonly methods: ReadonlySet<string> | undefined;
  readonly hooks: readonly LimitHooks[];
}

/** The options with their defaults, or an error that says which one is wrong. */
export function checkOptions(options: RateLimitOptions): Settings {
  const settings = readOptions('rateLimit', OPTIONS, options);
  const { limit, store, scope = settings.key || limit ? 'origin' : 'auto' } = settings;
  // the slots of a store set the pace, so the limit would not be kept
  if (limit && store) throw optionError('rateLimit: limit', 'none beside a store, which takes a limit itself', limit);
  // behind a store each call waits for its slot, if only until the store has answered
  const maxQueue = store ? Math.max(1, settings.maxQueue) : settings.maxQueue;
  return { ...settings, maxQueue, scope };
}

function checkScope(option: string, scope: RateLimitScope): RateLimitScope {
  if (typeof scope === 'function' || SCOPES.includes(scope)) return scope;
  throw optionError(option, `a function or one of ${SCOPES.join(', ')}`, scope);
}

function checkStore(option: string, store: LimitStore): LimitStore {
  if (typeof store?.pacer === 'function') return store;
  throw optionError(option, 'a LimitStore, such as redisStore(client)', store);
}

function checkObservers(option: string, hooks: LimitHooks | readonly LimitHooks[]): readonly LimitHooks[] {
  return checkHooks<LimitHooks>(option, ['onLimit', 'onRelease', 'onGiveUp'], hooks);
}
