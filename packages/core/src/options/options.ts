import type { Call } from '../call/call.ts';
import { type Clock, type Random, systemClock } from '../time/clock.ts';
import {
  checkFunction,
  checkMembers,
  checkMs,
  checkNames,
  checkNumber,
  type NumberRule,
  optionError,
} from './check.ts';

/** One option: what it may be, and what it is when it is left out. */
export interface Option<T = unknown> extends NumberRule {
  /** Returns the setting, or throws an error that names the option and what is allowed. The entry holds the range. */
  readonly check?: (option: string, value: never, entry: never) => unknown;
  /** What it is when it is left out, as a user would write it. */
  readonly default?: T;
  /** For a check of its own: it takes milliseconds. */
  readonly unit?: 'ms';
  /** The values to choose from, for `checkChoice`. */
  readonly values?: readonly T[];
}

/** The options of one function. The compiler refuses a name that the interface lacks, and a name that is missing here. */
export type OptionTable<Options = Record<string, unknown>> = {
  readonly [Name in keyof Options]-?: Option<Exclude<Options[Name], undefined>>;
};

/** The options with their defaults, each as its check returns it. */
export type Settings<Options, Table> = {
  readonly [Name in keyof Options & keyof Table]-?: Setting<Exclude<Options[Name], undefined>, Table[Name]>;
};

type Setting<Value, Entry> =
  | (Entry extends { check: (...args: never[]) => infer Checked } ? (unknown extends Checked ? Value : Checked) : Value)
  | (Entry extends { default: unknown } ? never : undefined);

/**
 * Reads each option once, checks it, and fills in its default; `undefined` counts as left out.
 *
 * @param base what counts for an option that is left out, in place of its default
 * @throws a `TypeError` or `RangeError` that names the option, the value and what is allowed, also for an unknown name
 */
export function readOptions<Options extends object, const Table extends OptionTable<Options>>(
  owner: string,
  table: Table & OptionTable<Options>,
  options: Options = {} as Options,
  base?: Settings<Options, Table>,
): Settings<Options, Table> {
  checkNames(owner, options, Object.keys(table));
  const settings: Record<string, unknown> = { ...base };
  for (const [name, entry] of Object.entries(table) as [string, Option][]) {
    const given = (options as Record<string, unknown>)[name];
    if (given === undefined && base) continue;
    const value = given === undefined ? entry.default : given;
    const isChecked = entry.check && value !== undefined;
    settings[name] = isChecked ? entry.check!(`${owner}: ${name}`, value as never, entry as never) : value;
  }
  return settings as Settings<Options, Table>;
}

/** Returns one of the values of the entry, or throws. */
export function checkChoice<T>(option: string, value: T, { values }: { readonly values: readonly T[] }): T {
  if (!values.includes(value)) throw optionError(option, `one of ${values.join(', ')}`, value);
  return value;
}

/** The entry of an option `clock`. */
export const clockOption: { readonly default: Clock; readonly check: (option: string, clock: Clock) => Clock } = {
  default: systemClock,
  check: (option, clock) => checkMembers(option, clock, ['now', 'sleep']),
};

/** The entry of an option `random`. `Math.random` is looked up at each use, so that a stub counts. */
export const randomOption: { readonly default: Random; readonly check: typeof checkFunction } = {
  default: () => Math.random(),
  check: checkFunction,
};

/** So many requests in so many milliseconds. */
interface KnownLimit {
  requests: number;
  per: number;
}

/** The entry of an option `limit`: one that is known in advance. */
export const limitOption: { readonly check: (option: string, limit: KnownLimit) => KnownLimit } = {
  check: (option, limit) => {
    if (Object(limit) !== limit) throw optionError(option, '{ requests, per }', limit);
    checkNames(option, limit, ['requests', 'per']);
    return {
      requests: checkNumber(`${option}.requests`, limit.requests, { min: 1, max: 1_000_000_000, integer: true }),
      per: checkMs(`${option}.per`, limit.per, { min: 1 }),
    };
  },
};

/** The entry of an option `key`: which state a call belongs to. */
export const keyOption: { readonly default: (call: Call) => string; readonly check: typeof checkFunction } = {
  default: (call) => call.origin,
  check: checkFunction,
};
