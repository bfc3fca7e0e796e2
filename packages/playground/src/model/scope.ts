import type { Clock, Random } from '@steadfetch/core';
import { standard } from 'steadfetch';
import * as everything from 'steadfetch/kit';
import { OPTIONS } from 'steadfetch/options';
import type { Keeper, Keepers } from './beliefs.ts';
import type { Parts } from './recorder.ts';

type Anything = (...args: unknown[]) => unknown;

/** Where each function takes its source of random numbers, if not in its options. */
const RANDOM_AT: Readonly<Record<string, number>> = {
  fullJitter: 1,
  equalJitter: 1,
  decorrelatedJitter: 1,
  proportionalJitter: 2,
};
/** Where each function takes its clock, if not in its first argument. */
const CLOCK_AT: Readonly<Record<string, number>> = { timeout: 1, observe: 1 };

const ALL: Readonly<Record<string, unknown>> = { ...everything, standard };

/** All names that code can use: the exports of the packages. */
export const NAMES: readonly string[] = Object.keys(ALL).filter((name) => name !== 'default' && name !== 'systemClock');

/**
 * The exports of the packages as code sees them: `clock` and `random` are those of the simulation unless the code sets them,
 * and the state of layers can be read.
 */
export function scopeOf(parts: Parts): Record<string, unknown> {
  return Object.fromEntries(NAMES.map((name) => [name, bound(name, ALL[name], parts)]));
}

function bound(name: string, exported: unknown, { clock, random, keepers }: Parts): unknown {
  if (typeof exported !== 'function') return exported;
  if (name === 'retryWith') return (...rules: unknown[]) => (exported as Anything)(...rules, { clock, random });
  const time = defaultsOf(name, { clock, random });
  const place = CLOCK_AT[name] ?? 0;
  const chance = RANDOM_AT[name];
  if (time === undefined && chance === undefined && name !== 'concurrency') return exported;
  const make = exported as Anything;
  return (...args: unknown[]) => {
    if (time) args[place] = withDefaults(args[place], time);
    if (chance !== undefined) args[chance] ??= random;
    if (name === 'retry') args[0] = withBudget(args[0], clock, keepers);
    const made = make(...args);
    keep(name, made, keepers);
    return made;
  };
}

/** The clock and the random numbers of the simulation, if the function takes them. */
function defaultsOf(name: string, all: { clock: Clock; random: Random }): object | undefined {
  if (name in CLOCK_AT) return { clock: all.clock };
  const table = OPTIONS[name] ?? {};
  const taken = (['clock', 'random'] as const).filter((option) => option in table);
  return taken.length === 0 ? undefined : Object.fromEntries(taken.map((option) => [option, all[option]]));
}

/** A value that is no options object is passed on as it is: the function itself reports the error. */
function withDefaults(given: unknown, time: object): unknown {
  if (given === undefined) return time;
  if (typeof given !== 'object' || given === null) return given;
  // a breaker that was passed brings its own time
  return 'breaker' in given && given.breaker !== undefined ? given : { ...time, ...given };
}

/** The budget that `retry` would create, created here so that its state can be read. */
function withBudget(options: unknown, clock: Clock, keepers: Keepers): unknown {
  if (typeof options !== 'object' || options === null) return options;
  if ((options as { budget?: unknown }).budget !== undefined) return options;
  const budget = everything.retryBudget({ clock });
  keepers.push({ kind: 'retryBudget', snapshot: () => budget.snapshot() });
  return { ...options, budget };
}

const KEPT: Readonly<Record<string, Keeper['kind']>> = {
  rateLimit: 'rateLimit',
  breaker: 'circuitBreaker',
  retryBudget: 'retryBudget',
  concurrency: 'concurrency',
};

interface Asked {
  snapshot(): unknown;
  readonly breaker?: Asked;
}

function keep(name: string, made: unknown, keepers: Keepers): void {
  const asked = made as Asked;
  const kind = KEPT[name];
  if (kind) keepers.push({ kind, snapshot: () => asked.snapshot() });
  else if (name === 'circuitBreaker')
    keepers.push({ kind: 'circuitBreaker', snapshot: () => asked.breaker!.snapshot() });
  else if (name === 'standard') {
    for (const layer of Object.keys(asked.snapshot() as object) as Keeper['kind'][]) {
      keepers.push({ kind: layer, snapshot: () => (asked.snapshot() as Record<string, unknown>)[layer] });
    }
  }
}
