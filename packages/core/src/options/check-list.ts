import { checkNumber, type NumberRule, optionError } from './check.ts';

/** The name of a method or a field (RFC 9110 §5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/** A set of the methods, each unchanged and in upper case. Throws for anything but method names. */
export function checkMethods(option: string, methods: unknown): ReadonlySet<string> {
  const names = checkArray(option, methods, 'method names');
  for (const name of names) {
    if (!isToken(name)) throw optionError(option, 'an array of method names', name);
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
