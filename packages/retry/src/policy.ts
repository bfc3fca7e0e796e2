import { type Delay, exponential } from '@steadfetch/backoff';
import { type Call, type Clock, type Random, systemClock } from '@steadfetch/core';
import { checkClock, checkFunction, checkMethods, checkMs, checkNames, IDEMPOTENT_METHODS } from '@steadfetch/core/kit';
import { fullJitter } from '@steadfetch/jitter';
import { type RetryBudget, retryBudget } from '@steadfetch/retry-budget';
import { checkBoolean, checkBudget, checkFailures, checkHooks, optionalFunction, spreadOf } from './check-options.ts';
import type { RetryHooks } from './events.ts';
import { type Limits, limitsOf } from './limits.ts';
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

/** Every option. */
export const NAMES: readonly string[] = (
  'maxRetries delay maxDelay methods statuses networkErrors timeouts idempotent shouldRetry inspect ' +
  'serverHints budget hooks fullUrls clock random'
).split(' ');

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
  budget = retryBudget({ clock: checkClock('retry', clock) }),
  hooks = [],
  fullUrls = false,
}: RetryOptions): Policy {
  const observers = checkHooks(Array.isArray(hooks) ? hooks : [hooks as RetryHooks]);
  return {
    limits: limitsOf(maxRetries),
    delay: checkDelay(delay),
    maxDelay: checkMs('retry: maxDelay', maxDelay),
    methods: methods === undefined ? IDEMPOTENT_METHODS : checkMethods('retry: methods', methods),
    statuses: statuses === undefined ? undefined : checkFailures(statuses),
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
    timed:
      shouldRetry !== undefined ||
      observers.some(({ onRetry, onGiveUp, onRecover }) => onRetry ?? onGiveUp ?? onRecover),
    clock: checkClock('retry', clock),
    random: checkFunction('retry: random', random),
  };
}

/** What makes a delay is no delay. */
function checkDelay(delay: unknown): Delay {
  if (delay === exponential || delay === fullJitter) {
    throw new TypeError('retry: delay: expected what exponential() or fullJitter() gives, got the function itself');
  }
  return checkFunction('retry: delay', delay as Delay);
}

const always = (value: boolean) => () => value;
