import { type Clock, type Random, systemClock } from '@steadfetch/core';
import { IDEMPOTENT_METHODS, MAX_TIMER } from '@steadfetch/core/kit';
import type { FailedAttempt, GoodAttempt } from './attempt.ts';
import type { Rule, Wait } from './rule.ts';

/** The rules of one retry, with what can be known of them before anything fails. */
export interface Policy {
  readonly rules: readonly Rule[];
  /** None where the list always has an answer. */
  readonly otherwise: Defaults | undefined;
  readonly maxRetries: number;
  readonly maxDelay: number;
  readonly methods: ReadonlySet<string>;
  readonly spread: number;
  readonly repeatsTimeouts: boolean;
  /** Whether good responses are judged. */
  readonly inspects: boolean;
  /** Whether anyone asks how long a call has taken: reading a clock costs as much as the rest of a good call. */
  readonly timed: boolean;
  /** What observes good answers. */
  readonly successListeners: readonly ((success: GoodAttempt) => unknown)[];
  readonly clock: Clock;
  readonly random: Random;
}

/** The answers to two questions where no rule of the list has one. */
export interface Defaults {
  wait(failure: FailedAttempt): number;
  asked(failure: FailedAttempt): Wait | undefined;
}

/** Joins the rules. */
export function policyOf(rules: readonly Rule[], otherwise?: Defaults): Policy {
  const all = <K extends keyof Rule>(member: K, fallback: readonly NonNullable<Rule[K]>[] = []) => {
    const said = rules.flatMap((rule) => (rule[member] === undefined ? [] : [rule[member] as NonNullable<Rule[K]>]));
    return said.length > 0 ? said : fallback;
  };
  return {
    rules,
    otherwise,
    maxRetries: Math.min(...all('maxRetries', [2])),
    maxDelay: Math.min(...all('maxDelay', [60_000]), MAX_TIMER),
    methods: new Set(all('methods', [IDEMPOTENT_METHODS]).flatMap((methods) => [...methods])),
    spread: Math.max(...all('spread', [0.2])),
    repeatsTimeouts: all('repeatsTimeouts').includes(true),
    inspects: all('inspects').includes(true),
    timed: all('timed').includes(true),
    successListeners: rules.filter((rule) => rule.afterSuccess).map((rule) => (success) => rule.afterSuccess!(success)),
    clock: all('clock')[0] ?? systemClock,
    random: all('random')[0] ?? (() => Math.random()),
  };
}

/** Throws for what is no rule, with the way to write it. */
export function checkRules(rules: readonly unknown[]): void {
  rules.forEach((rule, position) => {
    if (typeof rule === 'object' && rule && !Array.isArray(rule)) return;
    throw new TypeError(`retryWith: expected a rule at position ${position}, got ${describe(rule)}`);
  });
  if (rules.some((rule) => (rule as Rule).when)) return;
  throw new TypeError('retryWith: no rule says when to retry: add onStatus(429, 503) or onNetworkError()');
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array: spread it, ...rules';
  return typeof value === 'function' ? `a function: call it, ${value.name || 'rule'}()` : String(value);
}
