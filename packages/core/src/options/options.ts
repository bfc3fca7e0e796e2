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

/** The check and the default of one option. */
export interface Option<T = unknown> extends NumberRule {
  /** Returns the checked value, or throws an error with the option and what is allowed. `entry` has the range. */
  readonly check?: (option: string, value: never, entry: never) => unknown;
  /** The value if the user omits the option, as a user would write it. */
  readonly default?: T;
  /** Set for an option in milliseconds that has its own check. */
  readonly unit?: 'ms';
  /** The allowed values, for `checkChoice`. */
  readonly values?: readonly T[];
}

/** The options of one function. The compiler rejects an entry that the interface lacks, and a missing entry. */
export type OptionTable<Options = Record<string, unknown>> = {
  readonly [Name in keyof Options]-?: Option<Exclude<Options[Name], undefined>>;
};

/** The options after their checks, with defaults filled in. */
export type Settings<Options, Table> = {
  readonly [Name in keyof Options & keyof Table]-?: Setting<Exclude<Options[Name], undefined>, Table[Name]>;
};

type Setting<Value, Entry> =
  | (Entry extends { check: (...args: never[]) => infer Checked } ? (unknown extends Checked ? Value : Checked) : Value)
  | (Entry extends { default: unknown } ? never : undefined);

/**
 * Reads each option once, checks it, and fills in its default. `undefined` counts as omitted.
 *
 * @param base settings to use instead of the defaults
 * @throws a `TypeError` or `RangeError` with the option, the value and what is allowed, also for an unknown option
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

/** Returns the value if it is one of `values`, or throws. */
export function checkChoice<T>(option: string, value: T, { values }: { readonly values: readonly T[] }): T {
  if (!values.includes(value)) throw optionError(option, `one of ${values.join(', ')}`, value);
  return value;
}

/** The entry of an option `clock`. */
export const clockOption: { readonly default: Clock; readonly check: (option: string, clock: Clock) => Clock } = {
  default: systemClock,
  check: (option, clock) => checkMembers(option, clock, ['now', 'sleep']),
};

/** The entry of an option `random`. Looks `Math.random` up at each use, so that tests can stub it. */
export const randomOption: { readonly default: Random; readonly check: typeof checkFunction } = {
  default: () => Math.random(),
  check: checkFunction,
};

/** A rate limit: `requests` in each period of `per` milliseconds. */
interface KnownLimit {
  requests: number;
  per: number;
}

/** The entry of an option `limit`: a rate limit that the user knows in advance. */
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

/** The entry of an option `key`. Calls with the same key share their state. */
export const keyOption: { readonly default: (call: Call) => string; readonly check: typeof checkFunction } = {
  default: (call) => call.origin,
  check: checkFunction,
};
