import { type Clock, IDEMPOTENT_METHODS, MAX_TIMER, type Random, systemClock } from '@steadfetch/core';
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
  /** The rules that observe good answers. */
  readonly successListeners: readonly Rule[];
  readonly clock: Clock;
  readonly random: Random;
}

/** Joins the rules. */
export function policyOf(rules: readonly Rule[]): Policy {
  const all = <K extends keyof Rule>(member: K, fallback: readonly NonNullable<Rule[K]>[] = []) => {
    const said = rules.flatMap((rule) => (rule[member] === undefined ? [] : [rule[member] as NonNullable<Rule[K]>]));
    return said.length > 0 ? said : fallback;
  };
  return {
    rules,
    maxRetries: Math.min(...all('maxRetries', [2])),
    maxDelay: Math.min(...all('maxDelay', [60_000]), MAX_TIMER),
    methods: new Set(all('methods', [IDEMPOTENT_METHODS]).flatMap((methods) => [...methods])),
    spread: Math.max(...all('spread', [0.2])),
    repeatsTimeouts: all('repeatsTimeouts').includes(true),
    inspects: all('inspects').includes(true),
    timed: all('timed').includes(true),
    successListeners: rules.filter((rule) => rule.afterSuccess),
    clock: all('clock')[0] ?? systemClock,
    random: all('random')[0] ?? (() => Math.random()),
  };
}
