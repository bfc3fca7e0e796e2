import { type Delay, exponential } from '@steadfetch/backoff';
import { classifyError, type Outcome } from '@steadfetch/core';
import {
  checkBoolean,
  checkFunction,
  checkMethods,
  checkMs,
  checkNames,
  checkNumber,
  checkStatuses,
  clockOption,
  type NumberRule,
  type OptionTable,
  optionError,
  randomOption,
  readOptions,
  type Settings,
} from '@steadfetch/core/kit';
import { fullJitter } from '@steadfetch/jitter';
import { type RetryBudget, retryBudget } from '@steadfetch/retry-budget';
import { isThrottled, parseRetryAfter } from '@steadfetch/server-hints';
import type { Session } from './attempt.ts';
import { backoff, evenIfNotIdempotent, ignoreRetryAfter } from './bounds.ts';
import { budget } from './budget.ts';
import { condition } from './condition.ts';
import { history } from './history.ts';
import type { RetryHooks } from './hooks.ts';
import { hooks } from './hooks.ts';
import type { RetryLimits, RetryOptions } from './options.ts';
import { inspect, onNetworkError, onTimeout, TRANSIENT } from './outcomes.ts';
import { type Policy, policyOf } from './policy.ts';
import type { Rule } from './rule.ts';
import { obeyVetoes, serverHints } from './server-hints.ts';

const OPTIONS = {
  maxRetries: { check: checkLimits, default: 2, max: 1_000_000, integer: true },
  delay: { check: checkDelay },
  maxDelay: { check: checkMs, default: 60_000 },
  methods: { check: checkMethods },
  statuses: { check: checkRetried },
  networkErrors: { check: checkBoolean, default: true },
  timeouts: { check: checkBoolean, default: true },
  idempotent: { check: checkIdempotent, default: false },
  shouldRetry: { check: checkFunction },
  inspect: { check: checkFunction },
  serverHints: { check: checkHints, default: true },
  budget: { check: checkBudget },
  hooks: { check: copyOf, default: [] },
  fullUrls: { check: checkBoolean, default: false },
  clock: clockOption,
  random: randomOption,
} satisfies OptionTable<RetryOptions>;

/** The options as data: what each may be, and its default. */
export const retryOptions: OptionTable<RetryOptions> = OPTIONS;

type RetrySettings = Settings<RetryOptions, typeof OPTIONS>;

/** The policy of these options, and of a call that overrides some. All share one budget. */
export function presetOf(given?: RetryOptions): { policy: Policy; policyFor: (override: unknown) => Policy } {
  const read = readOptions('retry', OPTIONS, given);
  const budgeted = read.budget ?? budget(retryBudget({ clock: read.clock }));
  const settings = { ...read, budget: budgeted };
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

/** The options as rules. */
function rulesOf(settings: RetrySettings): Rule[] {
  const { clock, random, maxDelay, delay = fullJitter(exponential(), random), methods, fullUrls } = settings;
  const vetoes = [settings.maxRetries, obeyVetoes()];
  return [
    { clock, random },
    { maxDelay },
    ...vetoes,
    transientStatuses(settings.statuses),
    settings.networkErrors && onNetworkError(),
    settings.timeouts && onTimeout(),
    settings.inspect && inspect(settings.inspect),
    ...settings.serverHints,
    settings.shouldRetry && condition(settings.shouldRetry, vetoes),
    backoff(delay),
    methods && { methods },
    settings.idempotent,
    settings.budget,
    history(),
    hooks(settings.hooks, { fullUrls }),
  ].filter((rule) => rule !== undefined && rule !== false);
}

function checkIdempotent(option: string, idempotent: NonNullable<RetryOptions['idempotent']>): Rule | false {
  if (typeof idempotent === 'function') return evenIfNotIdempotent(idempotent);
  return checkBoolean(option, idempotent) && evenIfNotIdempotent();
}

function checkBudget(_: string, given: RetryBudget | false): Rule | false {
  return given !== false && budget(given);
}

/** A copy, since the caller may change the list later. */
function copyOf(_: string, given: RetryHooks | readonly RetryHooks[]): RetryHooks | readonly RetryHooks[] {
  return Array.isArray(given) ? [...given] : given;
}

/** Refuses `exponential` itself where `exponential()` is meant. */
function checkDelay(option: string, delay: Delay): Delay {
  if ((delay as unknown) === exponential || (delay as unknown) === fullJitter) {
    throw new TypeError(`${option}: expected what exponential() or fullJitter() gives, got the function itself`);
  }
  return checkFunction(option, delay);
}

const KINDS = ['connect', 'read', 'status'] as const;
type Kind = (typeof KINDS)[number];

/** One number bounds all failures together; with counters each kind has a bound of its own too. */
function checkLimits(option: string, given: number | RetryLimits, range: NumberRule): Rule {
  if (typeof given !== 'object' || given === null) return { maxRetries: checkNumber(option, given, range) };
  checkNames(option, given, ['total', ...KINDS]);
  const of = (kind: 'total' | Kind, fallback: number) =>
    checkNumber(`${option}.${kind}`, given[kind] === undefined ? fallback : given[kind], range);
  const total = given.total === undefined ? undefined : of('total', 2);
  const most = { connect: of('connect', total ?? 2), read: of('read', total ?? 2), status: of('status', total ?? 2) };
  const counts = new WeakMap<Session, Record<Kind, number>>();
  const countsOf = (session: Session) => counts.get(session) ?? { connect: 0, read: 0, status: 0 };
  return {
    maxRetries: total ?? most.connect + most.read + most.status,
    unless: ({ outcome, session }) => countsOf(session)[kindOf(outcome!)] >= most[kindOf(outcome!)] && 'limit',
    afterFailure: ({ outcome, session }) => {
      if (!outcome) return;
      const kind = kindOf(outcome);
      const before = countsOf(session);
      counts.set(session, { ...before, [kind]: before[kind] + 1 });
    },
  };
}

function kindOf({ response, error }: Outcome): Kind {
  if (response) return 'status';
  return classifyError(error).sent === 'no' ? 'connect' : 'read';
}

function checkRetried(option: string, statuses: readonly number[]): ReadonlySet<number> {
  const listed = checkStatuses(option, statuses);
  const low = [...listed].find((status) => status < 400);
  if (low === undefined) return listed;
  throw new RangeError(`${option}: expected statuses from 400, got ${low}: inspect is asked about lower ones`);
}

/** The default list with its conditional members, or the list that is given. A 403 counts only with evidence of throttling. */
function transientStatuses(listed: ReadonlySet<number> | undefined): Rule {
  return {
    when: ({ response, idempotencyKey }) => {
      if (response === undefined) return false;
      const { status } = response;
      if (listed) return listed.has(status) && (status !== 403 || isThrottled(response)) && 'status';
      if (status === 413) return parseRetryAfter(response.headers.get('retry-after')) !== undefined && 'status';
      if (status === 409) return idempotencyKey !== undefined && 'status';
      return TRANSIENT.includes(status) && 'status';
    },
  };
}

function checkHints(option: string, given: NonNullable<RetryOptions['serverHints']>): Rule[] {
  if (given === false) return [ignoreRetryAfter()];
  if (given === true) return [serverHints()];
  checkNames(option, given, ['spread']);
  const spread = given.spread === undefined ? 0.2 : given.spread;
  return [serverHints(), { spread: checkNumber(`${option}.spread`, spread, { max: 1 }) }];
}
