import { type Call, type Clock, type Random, systemClock } from '@steadfetch/core';
import {
  checkClock,
  checkFunction,
  checkHooks,
  checkMethods,
  checkMs,
  checkNames,
  checkNumber,
  checkStatuses,
  optionError,
} from '@steadfetch/core/kit';
import type { LimitHooks } from './events.ts';
import type { LimitStore } from './store.ts';

const SCOPES = ['auto', 'path', 'credential', 'origin'] as const;

/** Which calls share a gate. A function returns one name, or several from wide to narrow. */
export type RateLimitScope = (typeof SCOPES)[number] | ((call: Call) => string | readonly string[]);

/** All times are milliseconds. */
export interface RateLimitOptions {
  /** A limit known in advance: any window of `per` milliseconds sees at most `requests`. Without it the limit is learned. */
  limit?: { requests: number; per: number };
  /** Calls with the same key share one gate, whatever their path and credential. Replaces the origin. */
  key?: (call: Call) => string;
  /**
   * `auto`: a gate per path, which widens to the credential and the origin when others are refused too. `path`,
   * `credential`, `origin`: one gate for each of these, for good. A function: its names below the origin or `key`, of
   * which several widen as `auto` does. @default 'auto'; 'origin' where `key` or `limit` is given
   */
  scope?: RateLimitScope;
  /**
   * How much proof a limit needs. `direct`: a refusal closes its gate. `first`: only refusals that the following answers
   * confirm, for an origin of which no limit is known. @default 'direct'
   */
  proof?: 'direct' | 'first';
  /** What a call costs, in the unit of the quota that counts (tokens). @default 1 */
  cost?: (call: Call) => number;
  /** What a call cost in truth, read from its response; `undefined` if that does not say. */
  costOf?: (response: Response) => number | undefined;
  /** The longest a call is held back, over all its sends, and the longest a gate is closed for. @default 60_000 */
  maxWait?: number;
  /** How many calls may wait per gate. @default 10_000 */
  maxQueue?: number;
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

type Defaulted = 'scope' | 'proof' | 'maxWait' | 'maxQueue' | 'maxResends' | 'clock' | 'random';
type Optional = 'key' | 'limit' | 'cost' | 'costOf' | 'store';

/** The options, checked and complete. */
export interface Settings extends Required<Pick<RateLimitOptions, Defaulted>>, Pick<RateLimitOptions, Optional> {
  readonly statuses: ReadonlySet<number>;
  readonly methods: ReadonlySet<string> | undefined;
  readonly hooks: readonly LimitHooks[];
}

const FUNCTIONS = ['key', 'cost', 'costOf'] as const;
const NAMES = [
  ...[
    'limit',
    'scope',
    'proof',
    'maxWait',
    'maxQueue',
    'maxResends',
    'statuses',
    'methods',
    'store',
    'clock',
    'random',
    'hooks',
  ],
  ...FUNCTIONS,
];

/** The options with their defaults, or an error that says which one is wrong. */
export function checkOptions(options: RateLimitOptions): Settings {
  checkNames('rateLimit', options, NAMES);
  const { maxWait = 60_000, maxQueue = 10_000, maxResends = 10, clock = systemClock, proof = 'direct' } = options;
  const { limit, random = () => Math.random(), statuses = [429, 503], methods } = options;
  const { scope = options.key || limit ? 'origin' : 'auto' } = options;
  for (const name of FUNCTIONS) {
    if (options[name] !== undefined) checkFunction(`rateLimit: ${name}`, options[name]);
  }
  if (proof !== 'direct' && proof !== 'first') throw optionError('rateLimit: proof', "'direct' or 'first'", proof);
  if (options.store !== undefined) checkStore(options.store);
  const checked = {
    scope: checkScope(scope),
    proof,
    maxWait: checkMs('rateLimit: maxWait', maxWait),
    maxQueue: checkNumber('rateLimit: maxQueue', maxQueue, { integer: true }),
    maxResends: checkNumber('rateLimit: maxResends', maxResends, { integer: true }),
    statuses: checkStatuses('rateLimit: statuses', statuses, { min: 400, max: 599 }),
    methods: methods === undefined ? undefined : checkMethods('rateLimit: methods', methods),
    clock: checkClock('rateLimit', clock),
    random: checkFunction('rateLimit: random', random),
    hooks: checkHooks<LimitHooks>('rateLimit', ['onLimit', 'onRelease', 'onGiveUp'], options.hooks),
  };
  return { ...options, ...checked, ...(limit === undefined ? {} : { limit: checkLimit(limit) }) };
}

function checkScope(scope: RateLimitScope): RateLimitScope {
  if (typeof scope === 'function' || SCOPES.includes(scope)) return scope;
  throw optionError('rateLimit: scope', `a function or one of ${SCOPES.join(', ')}`, scope);
}

function checkStore(store: LimitStore): void {
  for (const name of ['reserve', 'refuse', 'settle'] as const) checkFunction(`rateLimit: store.${name}`, store?.[name]);
}

function checkLimit(limit: { requests: number; per: number }): { requests: number; per: number } {
  checkNames('rateLimit: limit', limit, ['requests', 'per']);
  return {
    requests: checkNumber('rateLimit: limit.requests', limit.requests, { min: 1, max: 1_000_000_000, integer: true }),
    per: checkMs('rateLimit: limit.per', limit.per, { min: 1 }),
  };
}
