import { isToken, optionError } from '@steadfetch/core/kit';

/** Returns the value, or throws an error that names the option, what is allowed and the value. */
export function checkValue<T>(option: string, value: T, allowed: string, fits: boolean): T {
  if (fits) return value;
  throw optionError(option, allowed, value);
}

/** Returns the value with this name, or throws an error that lists the names. */
export function choice<K extends string, V>(option: string, choices: Readonly<Record<K, V>>, name: K): V {
  if (Object.hasOwn(choices, name)) return choices[name];
  throw optionError(option, `one of ${Object.keys(choices).join(', ')}`, name);
}

/** The characters of a field value (RFC 9110 §5.5). */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Throws at once for headers that could not be sent later. */
export function checkHeaders(option: string, headers: unknown): void {
  const record = typeof headers === 'object' && headers !== null && !(Symbol.iterator in headers);
  checkValue(option, headers, 'an object of names and values', record);
  for (const [name, value] of Object.entries(headers as object)) {
    checkValue(option, name, 'names of headers', isToken(name));
    const fits = typeof value === 'number' || (typeof value === 'string' && FIELD_VALUE.test(value));
    checkValue(`${option}: ${name}`, value, 'a string without line breaks or control characters', fits);
  }
}
