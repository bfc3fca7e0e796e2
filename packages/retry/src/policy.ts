import { type Delay, exponential } from '@steadfetch/backoff';
import { type Call, checkFunction, checkMs, checkNames, checkNumber, type Clock, type Random, systemClock } from '@steadfetch/core';
import { fullJitter } from '@steadfetch/jitter';
import { type RetryBudget, retryBudget } from '@steadfetch/retry-budget';
import { type Limits, limitsOf } from './limits.ts';
import type { RetryHooks } from './events.ts';
import type { RetryOptions } from './options.ts';

/** The options of `retry`, checked and with every default filled in. */
export interface Policy {
  limits: Limits;
  delay: Delay;
  maxDelay: number;
  methods: ReadonlySet<string>;
  /** `undefined` stands for the default list and its conditional members. */
  statuses: ReadonlySet<number> | undefined;
  networkErrors: boolean;
  timeouts: boolean;
  idempotent: (call: Call) => boolean;
  shouldRetry: RetryOptions['shouldRetry'];
  inspect: RetryOptions['inspect'];
  serverHints: boolean;
  spread: number;
  budget: RetryBudget | undefined;
  hooks: readonly RetryHooks[];
  fullUrls: boolean;
  /** Whether anyone asks how long a call has taken: reading a clock costs as much as the rest of a happy path. */
  timed: boolean;
  clock: Clock;
  random: Random;
}

/** RFC 9110 §9.2.2, and QUERY of RFC 10008 §2. */
export const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY']);

const NAMES = [
  ...['maxRetries', 'delay', 'maxDelay', 'methods', 'statuses', 'networkErrors', 'timeouts', 'idempotent', 'shouldRetry'],
  ...['inspect', 'serverHints', 'budget', 'hooks', 'fullUrls', 'clock', 'random'],
];

/** Checks the options and fills in the defaults. Throws a `TypeError` or `RangeError` that names the option. */
export function resolvePolicy(options: RetryOptions): Policy {
  checkNames('retry', options, NAMES);
  return fill(options);
}

function fill({
  maxRetries,
  random = () => Math.random(),
  clock = systemClock,
  delay = fullJitter(exponential(), checkFunction('retry: random', random)),
  maxDelay = 60_000,
  methods,
  statuses,
  networkErrors = true,
  timeouts = true,
  idempotent = false,
  shouldRetry,
  inspect,
  serverHints = true,
  budget = retryBudget({ clock: checkClock(clock) }),
  hooks = [],
  fullUrls = false,
}: RetryOptions): Policy {
  const observers = checkHooks(Array.isArray(hooks) ? hooks : [hooks as RetryHooks]);
  return {
    limits: limitsOf(maxRetries),
    delay: checkFunction('retry: delay', delay),
    maxDelay: checkMs('retry: maxDelay', maxDelay),
    methods: methods === undefined ? IDEMPOTENT_METHODS : methodSet(methods),
    statuses: statuses === undefined ? undefined : statusSet(statuses),
    networkErrors: checkBoolean('networkErrors', networkErrors),
    timeouts: checkBoolean('timeouts', timeouts),
    idempotent: typeof idempotent === 'function' ? idempotent : always(checkBoolean('idempotent', idempotent)),
    shouldRetry: optionalFunction('shouldRetry', shouldRetry),
    inspect: optionalFunction('inspect', inspect),
    serverHints: serverHints !== false,
    spread: spreadOf(serverHints),
    budget: budget === false ? undefined : checkBudget(budget),
    hooks: observers,
    fullUrls: checkBoolean('fullUrls', fullUrls),
    timed: shouldRetry !== undefined || observers.some((hook) => Object.keys(hook).length > 0),
    clock: checkClock(clock),
    random: checkFunction('retry: random', random),
  };
}

const always = (value: boolean) => () => value;

function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`retry: ${name}: expected true or false, got ${String(value)}`);
  return value;
}

function optionalFunction<T>(name: string, value: T): T {
  return value === undefined ? value : checkFunction(`retry: ${name}`, value);
}

function methodSet(methods: unknown): ReadonlySet<string> {
  if (!Array.isArray(methods) || methods.some((method) => typeof method !== 'string' || method === '')) {
    throw new TypeError(`retry: methods: expected an array of method names, got ${String(methods)}`);
  }
  return new Set(methods.flatMap((method: string) => [method, method.toUpperCase()]));
}

function statusSet(statuses: unknown): ReadonlySet<number> {
  if (!Array.isArray(statuses)) {
    throw new TypeError(`retry: statuses: expected an array of statuses, got ${String(statuses)}`);
  }
  return new Set(statuses.map((status) => checkNumber('retry: statuses', status, { min: 100, max: 999, integer: true })));
}

function spreadOf(serverHints: boolean | { spread?: number }): number {
  if (typeof serverHints === 'boolean') return 0.2;
  checkNames('retry: serverHints', serverHints, ['spread']);
  return checkNumber('retry: serverHints.spread', serverHints.spread ?? 0.2, { max: 1 });
}

function checkBudget(budget: RetryBudget): RetryBudget {
  if (typeof budget?.acquire !== 'function' || typeof budget.record !== 'function') {
    throw new TypeError(`retry: budget: expected a retryBudget() or false, got ${String(budget)}`);
  }
  return budget;
}

function checkHooks(hooks: readonly RetryHooks[]): readonly RetryHooks[] {
  for (const hook of hooks) checkNames('retry: hooks', hook, ['onRetry', 'onGiveUp', 'onRecover']);
  for (const [name, hook] of hooks.flatMap((each) => Object.entries(each))) {
    if (hook !== undefined) checkFunction(`retry: hooks.${name}`, hook);
  }
  return hooks;
}

function checkClock(clock: Clock): Clock {
  checkFunction('retry: clock.now', clock.now);
  checkFunction('retry: clock.sleep', clock.sleep);
  return clock;
}
