import { exponential } from '@steadfetch/backoff';
import {
  checkClock,
  checkFunction,
  checkMethods,
  checkMs,
  checkNames,
  checkNumber,
  checkStatuses,
  classifyError,
  type Outcome,
  systemClock,
  unexpected,
} from '@steadfetch/core';
import { fullJitter } from '@steadfetch/jitter';
import { isThrottled, parseRetryAfter } from '@steadfetch/server-hints';
import type { Session } from './attempt.ts';
import { backoff, evenIfNotIdempotent, ignoreRetryAfter } from './bounds.ts';
import { budget } from './budget.ts';
import { condition } from './condition.ts';
import { history } from './history.ts';
import { hooks } from './hooks.ts';
import type { RetryLimits, RetryOptions } from './options.ts';
import { inspect, onNetworkError, onTimeout, TRANSIENT } from './outcomes.ts';
import type { Rule } from './rule.ts';
import { obeyVetoes, serverHints } from './server-hints.ts';

/** The options of `retry` as rules. Throws a `TypeError` or `RangeError` that names the option. */
export function rulesOf(options: RetryOptions): Rule[] {
  const { random = () => Math.random(), clock = systemClock, idempotent = false } = options;
  const flag = (name: 'networkErrors' | 'timeouts' | 'fullUrls', fallback: boolean) =>
    checkBoolean(name, options[name] === undefined ? fallback : options[name]);
  const repeatable =
    typeof idempotent === 'function'
      ? evenIfNotIdempotent(idempotent)
      : checkBoolean('idempotent', idempotent) && evenIfNotIdempotent();
  const vetoes = [limits(options.maxRetries), obeyVetoes()];
  return [
    { clock: checkClock('retry', clock), random: checkFunction('retry: random', random) },
    { maxDelay: checkMs('retry: maxDelay', options.maxDelay === undefined ? 60_000 : options.maxDelay) },
    ...vetoes,
    transientStatuses(options.statuses),
    flag('networkErrors', true) && onNetworkError(),
    flag('timeouts', true) && onTimeout(),
    options.inspect !== undefined && inspect(checkFunction('retry: inspect', options.inspect)),
    ...hints(options.serverHints),
    options.shouldRetry !== undefined && condition(checkFunction('retry: shouldRetry', options.shouldRetry), vetoes),
    backoff(checkDelay(options.delay === undefined ? fullJitter(exponential(), random) : options.delay)),
    options.methods !== undefined && { methods: checkMethods('retry: methods', options.methods) },
    repeatable,
    options.budget !== false && options.budget !== undefined && budget(options.budget),
    history(),
    hooks(options.hooks === undefined ? [] : options.hooks, { fullUrls: flag('fullUrls', false) }),
  ].filter((rule) => rule !== false);
}

function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw unexpected(`retry: ${name}`, 'true or false', value);
  return value;
}

/** What makes a delay is no delay. */
function checkDelay(delay: NonNullable<RetryOptions['delay']>): NonNullable<RetryOptions['delay']> {
  if ((delay as unknown) === exponential || (delay as unknown) === fullJitter) {
    throw new TypeError('retry: delay: expected what exponential() or fullJitter() gives, got the function itself');
  }
  return checkFunction('retry: delay', delay);
}

const KINDS = ['connect', 'read', 'status'] as const;
type Kind = (typeof KINDS)[number];

/** One number bounds all failures together; with counters each kind has a bound of its own too. */
function limits(given: number | RetryLimits = 2): Rule {
  const check = (option: string, value: unknown) => checkNumber(option, value, { max: 1_000_000, integer: true });
  if (typeof given !== 'object' || given === null) return { maxRetries: check('retry: maxRetries', given) };
  checkNames('retry: maxRetries', given, ['total', ...KINDS]);
  const total = given.total === undefined ? undefined : check('retry: maxRetries.total', given.total);
  const of = (kind: Kind) => check(`retry: maxRetries.${kind}`, given[kind] === undefined ? (total ?? 2) : given[kind]);
  const most = { connect: of('connect'), read: of('read'), status: of('status') };
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

/** The default list with its conditional members, or the list that is given. A 403 counts only with evidence of throttling. */
function transientStatuses(statuses: readonly number[] | undefined): Rule {
  const listed = statuses === undefined ? undefined : checkStatuses('retry: statuses', statuses);
  for (const status of listed ?? []) {
    if (status >= 400) continue;
    throw new RangeError(
      `retry: statuses: expected statuses from 400, got ${status}: inspect is asked about lower ones`,
    );
  }
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

function hints(given: RetryOptions['serverHints'] = true): Rule[] {
  if (given === false) return [ignoreRetryAfter()];
  if (given === true) return [serverHints()];
  checkNames('retry: serverHints', given, ['spread']);
  const spread = given.spread === undefined ? 0.2 : given.spread;
  return [serverHints(), { spread: checkNumber('retry: serverHints.spread', spread, { max: 1 }) }];
}
