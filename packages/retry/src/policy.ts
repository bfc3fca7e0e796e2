import { type Call, type Clock, type Random, systemClock } from '@steadfetch/core';
import { IDEMPOTENT_METHODS, MAX_TIMER } from '@steadfetch/core/kit';
import type { Need, Rule } from './rule.ts';

/** The rules of one retry, with what can be known of them before anything fails. */
export interface Policy {
  readonly rules: readonly Rule[];
  readonly maxRetries: number;
  readonly maxDelay: number;
  readonly methods: readonly string[];
  readonly spread: number;
  readonly repeatsTimeouts: boolean;
  /** Whether a rule needs `elapsed` now. A function, since a getter would make each reading of a policy slow. */
  needsElapsed(): boolean;
  readonly needsOutcome: boolean;
  readonly needsGoodResponses: boolean;
  /** Whether a retry may get its permits now; `undefined` where no rule has `mayRetry`. */
  readonly mayRetry: ((call: Pick<Call, 'origin'>) => boolean) | undefined;
  /** The rules that have `beforeCall`, and those that have `afterSuccess`. */
  readonly callRules: readonly Rule[];
  readonly successRules: readonly Rule[];
  readonly clock: Clock;
  readonly random: Random;
}

/** Whether the rules judge a response: from 400, or each one where a rule inspects good ones. */
export function isJudged(response: Response, { needsGoodResponses }: Policy): boolean {
  return response?.status >= 400 || needsGoodResponses;
}

/** Joins the rules. */
export function policyOf(rules: readonly Rule[]): Policy {
  const all = <K extends keyof Rule>(member: K) =>
    rules.map((rule) => rule[member]).filter((value) => value !== undefined) as NonNullable<Rule[K]>[];
  const needy = rules.filter((rule) => rule.needs);
  const need = (wanted: Need) => {
    for (const { needs } of needy) if (needs!.includes(wanted)) return true; // asked in each call: `some` takes longer
    return false;
  };
  const lists = all('methods'); // an empty list names no method
  const askable = rules.filter((rule) => rule.mayRetry);
  return {
    rules,
    mayRetry: askable.length > 0 ? (call) => askable.every((rule) => rule.mayRetry!(call) !== false) : undefined,
    maxRetries: Math.min(...orElse(all('maxRetries'), 2)),
    maxDelay: Math.min(...orElse(all('maxDelay'), 60_000), MAX_TIMER),
    methods: (lists.length > 0 ? lists : [IDEMPOTENT_METHODS]).flatMap((methods) => [...methods]),
    spread: Math.max(...orElse(all('spread'), 0.2)),
    repeatsTimeouts: all('repeatsTimeouts').includes(true),
    needsElapsed: () => need('elapsed'),
    needsOutcome: need('outcome'),
    needsGoodResponses: need('good-responses'),
    callRules: rules.filter((rule) => rule.beforeCall),
    successRules: rules.filter((rule) => rule.afterSuccess),
    clock: all('clock')[0] ?? systemClock,
    random: all('random')[0] ?? (() => Math.random()),
  };
}

function orElse(given: readonly number[], fallback: number): readonly number[] {
  return given.length > 0 ? given : [fallback];
}
