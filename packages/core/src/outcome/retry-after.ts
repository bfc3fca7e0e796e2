import { isInstant, parseDate } from './parse-date.ts';
import { readField } from './read-field.ts';

/**
 * Milliseconds from `now` that a value of `Retry-After` asks for (RFC 9110 §10.2.3), negative for an instant in the past. Of several
 * numbers the largest counts; one near `now` is an instant in seconds since the epoch. `undefined` for anything malformed.
 */
export function waitAsked(value: string, now: number): number | undefined {
  const isNumber = /^\d+(?:\.\d+)?(?:[ \t]*,[ \t]*\d+)*$/.test(value);
  // the point is moved in the text: `2.3 * 1_000` is 2299.9999999999995
  const ms = isNumber ? Math.max(...value.split(',').map((seconds) => Number(`${seconds.trim()}e3`))) : undefined;
  if (ms !== undefined && !isInstant(ms, now)) return ms;
  const date = ms ?? parseDate(value, now);
  return date === undefined ? undefined : date - now;
}

/**
 * The wait that the `Retry-After` of a response asks for; an instant counts from the `Date` of the response, else from `now`. `undefined`
 * for one that is not ahead, and for anything malformed.
 *
 * `@steadfetch/server-hints` knows its relatives.
 */
export function retryAfterOf({ headers }: Response, now: number): number | undefined {
  const read = (name: string) => readField(headers, name)?.trim() ?? '';
  const field = read('retry-after');
  const wait = waitAsked(field, parseDate(read('date'), now) ?? now);
  return wait! > 0 || Number.parseFloat(field) === 0 ? wait : undefined;
}
