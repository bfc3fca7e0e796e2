import { type Clock, type Random, systemClock } from '@steadfetch/core';
import { IDEMPOTENT_METHODS, MAX_TIMER } from '@steadfetch/core/kit';
import type { Rule } from './rule.ts';

/** The rules of one retry, with what can be known of them before anything fails. */
export interface Policy {
  readonly rules: readonly Rule[];
  readonly maxRetries: number;
  readonly maxDelay: number;
  readonly methods: ReadonlySet<string>;
  readonly spread: number;
  readonly repeatsTimeouts: boolean;
  /** Whether good responses are judged. */
  readonly inspects: boolean;
  /** Whether anyone asks how long a call has taken: reading a clock costs as much as the rest of a good call. */
  readonly timed: boolean;
  /** Whether anyone reads the outcome of an attempt when the wait after it has begun. */
  readonly keepsOutcome: boolean;
  /** What observes good answers. */
  readonly successRules: readonly Rule[];
  readonly clock: Clock;
  readonly random: Random;
}

/** Joins the rules. */
export function policyOf(rules: readonly Rule[]): Policy {
  const all = <K extends keyof Rule>(member: K) =>
    rules.map((rule) => rule[member]).filter((said) => said !== undefined) as NonNullable<Rule[K]>[];
  const any = (member: keyof Rule) => all(member).includes(true);
  const methods = all('methods').flatMap((methods) => [...methods]);
  const spread = all('spread');
  return {
    rules,
    maxRetries: Math.min(...orElse(all('maxRetries'), 2)),
    maxDelay: Math.min(...orElse(all('maxDelay'), 60_000), MAX_TIMER),
    methods: methods.length > 0 ? new Set(methods) : IDEMPOTENT_METHODS,
    spread: Math.max(...orElse(spread, 0.2)),
    repeatsTimeouts: any('repeatsTimeouts'),
    inspects: any('inspects'),
    timed: any('timed'),
    keepsOutcome: any('keepsOutcome'),
    successRules: rules.filter((rule) => rule.afterSuccess),
    clock: all('clock')[0] ?? systemClock,
    random: all('random')[0] ?? (() => Math.random()),
  };
}

function orElse(said: readonly number[], fallback: number): readonly number[] {
  return said.length > 0 ? said : [fallback];
}
