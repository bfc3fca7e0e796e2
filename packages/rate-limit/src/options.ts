import {
  type Call,
  type Clock,
  checkClock,
  checkFunction,
  checkMethods,
  checkMs,
  checkNames,
  checkNumber,
  checkStatuses,
  type Random,
  systemClock,
} from '@steadfetch/core';
import type { LimitEvent, RateLimitGiveUpEvent, ReleaseEvent } from './events.ts';

export interface RateLimitOptions {
  /** A limit known in advance: any window of `per` milliseconds sees at most `requests`. Without it the limit is learned. */
  limit?: { requests: number; per: number };
  /** Calls with the same key share a gate. @default the origin */
  key?: (call: Call) => string;
  /** The longest a call is held back, over all its sends, in milliseconds. @default 60_000 */
  maxWait?: number;
  /** How many calls may wait per key. @default 10_000 */
  maxQueue?: number;
  /** How often a refused call is sent again. @default 10 */
  maxResends?: number;
  /** What counts as a refusal; 403, 503 and 529 only with a wait or a used-up quota. @default [429, 503] */
  statuses?: readonly number[];
  /** Methods that are sent again. @default all after a 429; after others the idempotent ones, or with an Idempotency-Key */
  methods?: readonly string[];
  clock?: Clock;
  random?: Random;
  /** A gate closed. */
  onLimit?: (event: LimitEvent) => unknown;
  /** A gate opened and let the first call out. */
  onRelease?: (event: ReleaseEvent) => unknown;
  /** A refusal is handed to the caller. */
  onGiveUp?: (event: RateLimitGiveUpEvent) => unknown;
}

type Defaulted = 'key' | 'maxWait' | 'maxQueue' | 'maxResends' | 'clock' | 'random';

/** The options, checked and complete. */
export interface Settings
  extends Required<Pick<RateLimitOptions, Defaulted>>,
    Pick<RateLimitOptions, 'onLimit' | 'onRelease' | 'onGiveUp'> {
  readonly limit: { requests: number; per: number } | undefined;
  readonly statuses: ReadonlySet<number>;
  readonly methods: ReadonlySet<string> | undefined;
}

const NAMES = [
  ...['limit', 'key', 'maxWait', 'maxQueue', 'maxResends', 'statuses', 'methods', 'clock', 'random'],
  ...['onLimit', 'onRelease', 'onGiveUp'],
];

/** The options with their defaults, or an error that says which one is wrong. */
export function checkOptions(options: RateLimitOptions): Settings {
  checkNames('rateLimit', options, NAMES);
  const { maxWait = 60_000, maxQueue = 10_000, maxResends = 10, clock = systemClock } = options;
  const { key = (call) => call.origin, random = () => Math.random() } = options;
  checkClock('rateLimit', clock);
  for (const name of ['onLimit', 'onRelease', 'onGiveUp'] as const) {
    if (options[name] !== undefined) checkFunction(`rateLimit: ${name}`, options[name]);
  }
  return {
    ...options,
    key: checkFunction('rateLimit: key', key),
    maxWait: checkMs('rateLimit: maxWait', maxWait),
    maxQueue: checkNumber('rateLimit: maxQueue', maxQueue, { integer: true }),
    maxResends: checkNumber('rateLimit: maxResends', maxResends, { integer: true }),
    limit: options.limit === undefined ? undefined : checkLimit(options.limit),
    statuses: checkStatuses('rateLimit: statuses', options.statuses ?? [429, 503], { min: 400, max: 599 }),
    methods: options.methods === undefined ? undefined : checkMethods('rateLimit: methods', options.methods),
    clock,
    random: checkFunction('rateLimit: random', random),
  };
}

function checkLimit(limit: { requests: number; per: number }): { requests: number; per: number } {
  checkNames('rateLimit: limit', limit, ['requests', 'per']);
  return {
    requests: checkNumber('rateLimit: limit.requests', limit.requests, { min: 1, max: 1_000_000, integer: true }),
    per: checkMs('rateLimit: limit.per', limit.per, { min: 1 }),
  };
}
