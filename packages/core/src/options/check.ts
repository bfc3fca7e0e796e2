import { ignoreRejection } from '../events/notify.ts';
import { MAX_TIMER } from '../time/clock.ts';
import { isDevelopment } from './is-development.ts';
import { nearestName } from './nearest-name.ts';
import { isPlain, show, tagOf } from './show.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** What a number option may be. */
export interface NumberRule {
  min?: number;
  max?: number;
  integer?: boolean;
}

/** Returns the number, 0 for -0, or throws an error that names the option, the value and what is allowed. */
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

/** Milliseconds that a timer can hold. */
export function checkMs(option: string, value: unknown, { min = 0, max = MAX_TIMER }: NumberRule = {}): number {
  return checkNumber(option, value, { min, max });
}

/** Returns the function, or throws. */
export function checkFunction<T>(option: string, value: T): T {
  if (typeof value !== 'function') throw optionError(option, 'a function', value);
  return value;
}

/** Returns the string, or throws. */
export function checkString(option: string, value: unknown): string {
  if (typeof value !== 'string') throw optionError(option, 'a string', value);
  return value;
}

/**
 * The error that names the option, what it may be, and the value. A rejection of a promise among values is ignored.
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

/** Returns the boolean, or throws. */
export function checkBoolean(option: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw optionError(option, 'true or false', value);
  return value;
}

/** Returns the object, or throws where it lacks one of these methods. */
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

/** Returns the options object, or throws. For options that are copied: of an instance of a class members would be lost. */
export function checkPlain<T>(option: string, value: T, expected = 'a plain options object'): T {
  if (Object(value) !== value || !isPlain(value as object)) throw optionError(option, expected, value);
  return value;
}

/** Throws for a name that is not an option, so that a misspelt one is not silently ignored. */
export function checkNames(owner: string, options: object, names: readonly string[]): void {
  // an instance of a class may hold options, and so may a module; an array, a map or a date holds none
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

/** The name of a method or a field (RFC 9110 §5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/** A set of the methods, each unchanged and in upper case. Throws for anything but method names. */
export function checkMethods(option: string, methods: unknown): ReadonlySet<string> {
  const names = checkArray(option, methods, 'method names');
  for (const name of names) {
    if (!isToken(name)) throw optionError(option, 'method names', name);
  }
  return new Set((names as string[]).flatMap((name) => [name, name.toUpperCase()]));
}

/** A set of the statuses. Throws for anything but statuses in the range. */
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
