import { isInstant, parseDate } from './parse-date.ts';
import { readField } from './read-field.ts';

/**
 * The wait that a value of `Retry-After` asks for (RFC 9110 §10.2.3), in milliseconds from `now`. Negative for an instant in the past.
 * Of several numbers the largest counts. A number near `now` is an instant in seconds since the epoch. `undefined` if malformed.
 */
export function waitAsked(value: string, now: number): number | undefined {
  const isNumber = /^\d+(?:\.\d+)?(?:[ \t]*,[ \t]*\d+)*$/.test(value);
  // `e3` instead of a multiplication: `2.3 * 1_000` is 2299.9999999999995
  const ms = isNumber ? Math.max(...value.split(',').map((seconds) => Number(`${seconds.trim()}e3`))) : undefined;
  if (ms !== undefined && !isInstant(ms, now)) return ms;
  const date = ms ?? parseDate(value, now);
  return date === undefined ? undefined : date - now;
}

/**
 * The wait that the `Retry-After` of a response asks for. An instant is compared with the `Date` of the response, or with `now` without
 * one. `undefined` if the instant is past or the value is malformed. `@steadfetch/server-hints` reads similar fields.
 */
export function retryAfterOf({ headers }: Response, now: number): number | undefined {
  const read = (name: string) => readField(headers, name)?.trim() ?? '';
  const field = read('retry-after');
  const wait = waitAsked(field, parseDate(read('date'), now) ?? now);
  return wait! > 0 || Number.parseFloat(field) === 0 ? wait : undefined;
}
