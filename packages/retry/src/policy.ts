import { type Call, type Clock, type Random, systemClock } from '@steadfetch/core';
import { IDEMPOTENT_METHODS, LONGEST_WAIT } from '@steadfetch/core/kit';
import type { Need, Rule } from './rule.ts';

/** The rules of one `retry`, and the answers that they can give before any attempt fails. */
export interface Policy {
  readonly rules: readonly Rule[];
  readonly maxRetries: number;
  readonly maxDelay: number;
  readonly methods: readonly string[];
  readonly spread: number;
  readonly repeatsTimeouts: boolean;
  /** Whether a rule needs `elapsed` now. Not a getter, which would make every read of the policy slow. */
  needsElapsed(): boolean;
  readonly needsOutcome: boolean;
  readonly needsGoodResponses: boolean;
  /** Whether a retry could get its permits now; `undefined` if no rule has `mayRetry`. */
  readonly mayRetry: ((call: Pick<Call, 'origin'>) => boolean) | undefined;
  /** The rules with `beforeCall`, and the rules with `afterSuccess`. */
  readonly callRules: readonly Rule[];
  readonly successRules: readonly Rule[];
  readonly clock: Clock;
  readonly random: Random;
}

/** Whether the rules judge a response: from 400 always, below 400 only if a rule inspects good responses. */
export function isJudged(response: Response, { needsGoodResponses }: Policy): boolean {
  return response?.status >= 400 || needsGoodResponses;
}

/** Makes one policy of the rules. */
export function policyOf(rules: readonly Rule[]): Policy {
  const all = <K extends keyof Rule>(member: K, fallback: NonNullable<Rule[K]>) => {
    const given = rules.map((rule) => rule[member]).filter((value) => value !== undefined);
    return (given.length > 0 ? given : [fallback]) as NonNullable<Rule[K]>[];
  };
  const having = (member: keyof Rule) => rules.filter((rule) => rule[member]);
  const withNeeds = having('needs');
  const needs = (wanted: Need) => {
    for (const rule of withNeeds) if (rule.needs!.includes(wanted)) return true; // runs in each call, and `some` is slower
    return false;
  };
  const withMayRetry = having('mayRetry');
  return {
    rules,
    mayRetry:
      withMayRetry.length > 0 ? (call) => withMayRetry.every((rule) => rule.mayRetry!(call) !== false) : undefined,
    maxRetries: Math.min(...all('maxRetries', 2)),
    maxDelay: Math.min(...all('maxDelay', LONGEST_WAIT)),
    methods: all('methods', IDEMPOTENT_METHODS).flatMap((methods) => [...methods]), // an empty list allows no method
    spread: Math.max(...all('spread', 0.2)),
    repeatsTimeouts: all('repeatsTimeouts', false).includes(true),
    needsElapsed: () => needs('elapsed'),
    needsOutcome: needs('outcome'),
    needsGoodResponses: needs('good-responses'),
    callRules: having('beforeCall'),
    successRules: having('afterSuccess'),
    clock: all('clock', systemClock)[0]!,
    random: all('random', () => Math.random())[0]!,
  };
}
