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
  shareOf,
} from '@steadfetch/core/kit';
import type { LimitHooks } from './events.ts';
import type { LimitStore } from './store.ts';

const SCOPES = ['auto', 'path', 'credential', 'origin'] as const;

/** Which calls share a gate. A function returns the name of a call's gate, or several names from wide to narrow. */
export type RateLimitScope = (typeof SCOPES)[number] | ((call: Call) => string | readonly string[]);

/** All times are milliseconds. */
export interface RateLimitOptions {
  /**
   * A known limit: no window of `per` milliseconds has more than `requests`. It applies to each of the narrowest gates, and gates do
   * not widen. Without it the limit is learned.
   */
  limit?: { requests: number; per: number };
  /** Calls with the same key share one gate, whatever their path and credential. It replaces the origin. */
  key?: (call: Call) => string;
  /**
   * `auto`: a gate for each path, which widens to all paths of the credential when other paths are refused too. `path`, `credential`,
   * `origin`: always a gate for each of these. A function: gates with its names, below the origin or `key`; if it returns several
   * names, the gates widen as with `auto`. @default 'auto'; 'origin' if `key` or `limit` is given
   */
  scope?: RateLimitScope;
  /**
   * How much proof a refusal needs to delay other calls. `direct`: one refusal closes its gate, if it asks for a wait or a limit was
   * learned. `first`: several of the last answers must be refusals, even if a limit was learned. @default 'direct'
   */
  proof?: 'direct' | 'first';
  /**
   * The cost of a call, in the unit of the quota that the server reports, such as tokens. `limit`, and a limit that the server does not
   * report, are in requests. Without this option a call costs 1.
   */
  cost?: (call: Call) => number;
  /** The true cost of a call, read from its response; `undefined` if the response does not say. */
  costOf?: (response: Response) => number | undefined;
  /**
   * The longest time that a call waits, over all its requests, and that a gate is closed. It is above a minute because many windows
   * last a minute, and servers report their ends in whole seconds. @default 65_000
   */
  maxWait?: number;
  /**
   * How many calls may wait at a gate. Calls also wait at the start, when only four are sent at once, and for the answer of a `store`.
   * With a `store` it is at least one. @default 10_000
   */
  maxQueue?: number;
  /**
   * How many idle gates are kept. The least recently used gate is dropped first, but gates that would still delay a call last. If more keys than
   * this are used within `per`, a `limit` is forgotten with its gate. @default 1_000
   */
  maxKeys?: number;
  /** How often a refused call is sent again, including the retries of `retry`. @default 10 */
  maxResends?: number;
  /** Statuses that are refusals; 403, 503 and 529 only with a wait or a used-up quota. @default [429, 503] */
  statuses?: readonly number[];
  /** Methods that are sent again. @default all after a 429, else the idempotent ones and calls with an Idempotency-Key */
  methods?: readonly string[];
  /** Keeps a limit that several processes share, and sets the rate. @default none: each process learns for itself */
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

/** The options as data: the check and the default of each. */
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

/** Returns the options with their defaults. Throws an error that names the wrong option. */
export function checkOptions(options: RateLimitOptions): Settings {
  const settings = readOptions('rateLimit', OPTIONS, options);
  const { limit, store, scope = settings.key || limit ? 'origin' : 'auto' } = settings;
  // A store sets the rate, so the limit would not be kept.
  if (limit && store) throw optionError('rateLimit: limit', 'none beside a store, which takes a limit itself', limit);
  // With a store each call waits in the queue, at least until the store answers.
  const maxQueue = store ? Math.max(1, settings.maxQueue) : settings.maxQueue;
  return { ...settings, maxQueue, scope, random: inRange(settings.random) };
}

/** Returns `random`, but with 0.999 instead of a value outside [0, 1), which would shorten a wait. */
function inRange(random: Random): Random {
  return () => {
    const share = shareOf(random());
    return share < 1 ? share : 0.999;
  };
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
