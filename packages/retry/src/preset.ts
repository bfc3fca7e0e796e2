import { constant, type Delay, exponential, fibonacci, linear } from '@steadfetch/backoff';
import {
  checkBoolean,
  checkFunction,
  checkMethods,
  checkMs,
  checkNames,
  checkNumber,
  checkStatuses,
  clockOption,
  isDevelopment,
  LONGEST_WAIT,
  type OptionTable,
  optionError,
  randomOption,
  readOptions,
  type Settings,
} from '@steadfetch/core/kit';
import { equalJitter, fullJitter } from '@steadfetch/jitter';
import { defaultBudget, type RetryBudget } from '@steadfetch/retry-budget';
import { budget, isBudget } from './budget.ts';
import { hooks } from './hooks.ts';
import type { RetryOptions } from './options.ts';
import { type Policy, policyOf } from './policy.ts';
import type { Rule } from './rule.ts';
import { backoff, evenIfNotIdempotent, history, inspect, onListedStatus, onNetworkError, onTimeout } from './rules.ts';
import { obeyVetoes, serverHints } from './server-hints.ts';
import { shouldRetry } from './should-retry.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

const OPTIONS = {
  maxRetries: { check: checkNumber, default: 2, max: 1_000_000, integer: true },
  delay: { check: checkDelay },
  maxDelay: { check: checkMs, default: LONGEST_WAIT },
  methods: { check: checkMethods },
  statuses: { check: checkRetried },
  networkErrors: { check: checkBoolean, default: true },
  timeouts: { check: checkBoolean, default: true },
  idempotent: { check: checkIdempotent, default: false },
  shouldRetry: { check: checkFunction },
  inspect: { check: checkFunction },
  serverHints: { check: checkHints, default: true },
  budget: { check: checkBudget },
  hooks: { default: [] },
  clock: clockOption,
  random: randomOption,
} satisfies OptionTable<RetryOptions>;

/** The options as data: what each may be, and its default. */
export const retryOptions: OptionTable<RetryOptions> = OPTIONS;

type RetrySettings = Settings<RetryOptions, typeof OPTIONS>;

/** Returns the policy of these options, and a function for the policy of a call that overrides some. All share one budget. */
export function presetOf(given?: RetryOptions): { policy: Policy; policyFor: (override: unknown) => Policy } {
  const read = readOptions('retry', OPTIONS, given);
  const budgeted = read.budget ?? budget(defaultBudget(read.clock));
  const settings = { ...read, budget: budgeted, hooks: [read.hooks].flat() };
  const policyFor = (override: unknown) => {
    if (typeof override === 'object' && override) {
      const own = readOptions('retry', OPTIONS, override as RetryOptions, settings);
      const hooks = own.hooks === settings.hooks ? own.hooks : [settings.hooks, own.hooks].flat();
      return policyOf(rulesOf({ ...own, hooks }));
    }
    throw optionError('retry', 'false or an options object', override);
  };
  return { policy: policyOf(rulesOf(settings)), policyFor };
}

/** Makes rules of the settings. `idempotent`, `serverHints` and `budget` are rules already, since their checks make them. */
function rulesOf(settings: RetrySettings): Rule[] {
  const { clock, random, maxDelay, delay, methods } = settings;
  const veto = obeyVetoes();
  return [
    { clock, random, maxRetries: settings.maxRetries, maxDelay },
    veto,
    onListedStatus(settings.statuses),
    settings.networkErrors && onNetworkError(),
    settings.timeouts && onTimeout(),
    settings.inspect && inspect(settings.inspect),
    ...settings.serverHints,
    settings.shouldRetry && shouldRetry(settings.shouldRetry, veto),
    delay && backoff(delay),
    methods && { methods },
    settings.idempotent,
    settings.budget,
    history(),
    hooks(settings.hooks),
  ].filter((rule) => !!rule);
}

function checkIdempotent(option: string, idempotent: NonNullable<RetryOptions['idempotent']>): Rule | false {
  if (typeof idempotent === 'boolean') return idempotent && evenIfNotIdempotent();
  if (typeof idempotent === 'function') return evenIfNotIdempotent(idempotent);
  throw optionError(option, 'true, false or a function', idempotent);
}

function checkBudget(option: string, given: RetryBudget | false): Rule | false {
  if (given === false) return given;
  if (!isBudget(given)) throw optionError(option, 'a retryBudget() or false', given);
  return budget(given);
}

/** Refuses `exponential` where `exponential()` is meant. In production that mistake rejects the call at its first retry. */
function checkDelay(option: string, delay: Delay): Delay {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    if (([constant, linear, exponential, fibonacci, equalJitter, fullJitter] as unknown[]).includes(delay)) {
      throw new TypeError(`${option}: expected what exponential() or a jitter returns, got the function itself`);
    }
  }
  return checkFunction(option, delay);
}

function checkHints(option: string, given: NonNullable<RetryOptions['serverHints']>): Rule[] {
  if (given === false) return [];
  if (given === true) return [serverHints()];
  if (typeof given !== 'object') throw optionError(option, 'true, false or an options object', given);
  checkNames(option, given, ['spread']);
  const { spread } = given;
  return [serverHints(), spread === undefined ? {} : { spread: checkNumber(`${option}.spread`, spread, { max: 1 }) }];
}

function checkRetried(option: string, statuses: readonly number[]): ReadonlySet<number> {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    const low = Array.isArray(statuses) && statuses.find((status) => Number.isInteger(status) && status < 400);
    if (low)
      throw new RangeError(`${option}: expected statuses from 400, got ${low}: inspect is asked about lower ones`);
  }
  return checkStatuses(option, statuses, { min: 400 });
}
