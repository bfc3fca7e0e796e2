import { ignoreRejection } from '../events/notify.ts';
import { MAX_TIMER } from '../time/clock.ts';
import { isDevelopment } from './is-development.ts';
import { nearestName } from './nearest-name.ts';
import { isPlain, show, tagOf } from './show.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** The allowed values of a number option. */
export interface NumberRule {
  min?: number;
  max?: number;
  integer?: boolean;
}

/** Returns the number, or throws an error with the option, the value and what is allowed. Returns 0 for -0. */
export function checkNumber(
  option: string,
  value: unknown,
  { min = 0, max = Infinity, integer = false }: NumberRule = {},
): number {
  if (typeof value === 'number' && value >= min && value <= max) {
    if (!integer || value === Infinity || Number.isInteger(value)) return value + 0;
  }
  const range = max === Infinity ? `>= ${min}` : `from ${min} to ${max}`;
  throw optionError(
    option,
    `${integer ? 'an integer' : 'a number'} ${range}`,
    value,
    typeof value === 'number' ? RangeError : TypeError,
  );
}

/** Returns the milliseconds, or throws. The default maximum is the longest delay of a timer. */
export function checkMs(option: string, value: unknown, { min = 0, max = MAX_TIMER }: NumberRule = {}): number {
  return checkNumber(option, value, { min, max });
}

export function checkFunction<T>(option: string, value: T): T {
  if (typeof value !== 'function') throw optionError(option, 'a function', value);
  return value;
}

export function checkString(option: string, value: unknown): string {
  if (typeof value !== 'string') throw optionError(option, 'a string', value);
  return value;
}

/**
 * Makes the error for an option with a value that is not allowed. If the value is a promise, ignores its rejection.
 */
export function optionError(
  option: string,
  expected: string,
  value: unknown,
  kind: ErrorConstructor = TypeError,
): Error {
  ignoreRejection(value);
  return new kind(`${option}: expected ${expected}, got ${show(value)}`);
}

export function checkBoolean(option: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw optionError(option, 'true or false', value);
  return value;
}

/** Returns the object, or throws if it lacks one of these methods. */
export function checkMembers<T>(option: string, value: T, names: readonly (keyof T & string)[]): T {
  for (const name of names) {
    const member = value?.[name];
    if (typeof member === 'function') continue;
    const error = optionError(`${option}.${name}`, 'a function', member);
    if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
      if (Object(value) !== value) error.message += ` of ${option.replace(/.* /, '')} ${show(value)}`;
    }
    throw error;
  }
  return value;
}

/** Returns the options object, or throws. For options that are copied, since a copy loses inherited members of a class instance. */
export function checkPlain<T>(option: string, value: T, expected = 'a plain options object'): T {
  if (Object(value) !== value || !isPlain(value as object)) throw optionError(option, expected, value);
  return value;
}

/** Throws if a member is not an option, so that a misspelt option is not silently ignored. */
export function checkNames(owner: string, options: object, names: readonly string[]): void {
  // A class instance or a module may hold options. An array, a map or a date is a mistake.
  if (!/ (?:Object|Module)\]$/.test(tagOf(options))) throw optionError(owner, 'an options object', options);
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    let hint = '';
    if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
      const meant = nearestName(name, names);
      if (meant !== undefined) hint = `; did you mean '${meant}'?`;
    }
    throw new TypeError(`${owner}: unknown option '${name}', expected one of ${names.join(', ')}${hint}`);
  }
}

/** The syntax of a method or a field name (RFC 9110 §5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/** Returns a set of the methods, each as written and in upper case, or throws. */
export function checkMethods(option: string, methods: unknown): ReadonlySet<string> {
  const names = checkArray(option, methods, 'method names');
  for (const name of names) {
    if (!isToken(name)) throw optionError(option, 'method names', name);
  }
  return new Set((names as string[]).flatMap((name) => [name, name.toUpperCase()]));
}

/** Returns a set of the statuses, or throws if one is out of range. */
export function checkStatuses(
  option: string,
  statuses: unknown,
  { min = 100, max = 999 }: NumberRule = {},
): Set<number> {
  return new Set(
    checkArray(option, statuses, 'statuses').map((status) => checkNumber(option, status, { min, max, integer: true })),
  );
}

function checkArray(option: string, value: unknown, of: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw optionError(option, `an array of ${of}`, value);
}
