import { type Clock, MAX_TIMER } from './clock.ts';
import { nearestName } from './nearest-name.ts';
import { notify } from './notify.ts';
import { show } from './show.ts';

/** What a number option may be. */
export interface NumberRule {
  min?: number;
  max?: number;
  integer?: boolean;
}

/** Gives the number back, or throws an error that names the option, the value and what is allowed. */
export function checkNumber(
  option: string,
  value: unknown,
  { min = 0, max = Infinity, integer = false }: NumberRule = {},
): number {
  const kind = integer ? 'an integer' : 'a number';
  const range = max === Infinity ? `>= ${min}` : `from ${min} to ${max}`;
  const expected = `${option}: expected ${kind} ${range}, got ${show(value)}`;
  if (typeof value !== 'number') throw new TypeError(expected);
  if (!(value >= min && value <= max) || (integer && value !== Infinity && !Number.isInteger(value))) {
    throw new RangeError(expected);
  }
  return value;
}

/** Milliseconds that a timer can hold. */
export function checkMs(option: string, value: unknown, { min = 0, max = MAX_TIMER }: NumberRule = {}): number {
  return checkNumber(option, value, { min, max });
}

/** Gives the function back, or throws. */
export function checkFunction<T>(option: string, value: T): T {
  if (typeof value !== 'function') throw unexpected(option, 'a function', value);
  return value;
}

/** Gives the key back that a function of the user gave, or throws. */
export function checkKey(option: string, key: unknown): string {
  if (typeof key !== 'string') throw unexpected(option, 'it to give a string', key);
  return key;
}

/** The error that names the option, what it may be, and the value. A promise among values is let go: it may reject. */
export function unexpected(option: string, expected: string, value: unknown): TypeError {
  notify((late) => late, value);
  return new TypeError(`${option}: expected ${expected}, got ${show(value)}`);
}

/** Gives the clock back, or throws where it lacks what is needed. */
export function checkClock(owner: string, clock: Clock, needs: readonly (keyof Clock)[] = ['now', 'sleep']): Clock {
  for (const name of needs) {
    const member = clock?.[name];
    const whole = Object(clock) === clock ? '' : ` of clock ${show(clock)}`;
    if (typeof member !== 'function') {
      throw new TypeError(`${owner}: clock.${name}: expected a function, got ${show(member)}${whole}`);
    }
  }
  return clock;
}

/** Throws for a name that is not an option, so that a misspelt one is not silently ignored. */
export function checkNames(owner: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${owner}: expected an options object, got ${show(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      const meant = nearestName(name, names);
      const hint = meant === undefined ? '' : `; did you mean '${meant}'?`;
      throw new TypeError(`${owner}: unknown option '${name}', expected one of ${names.join(', ')}${hint}`);
    }
  }
}
