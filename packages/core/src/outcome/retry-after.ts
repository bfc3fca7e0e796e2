import { isInstant, parseHttpDate } from './parse-date.ts';
import { readField } from './read-field.ts';

/**
 * Milliseconds that the `Retry-After` of a response asks for (RFC 9110 §10.2.3). Of several numbers the largest counts; an
 * HTTP-date, or an instant in seconds since the epoch, counts from the `Date` of the response, else from `now`. `undefined` for one in
 * the past and for anything malformed.
 *
 * `@steadfetch/server-hints` knows its relatives.
 */
export function retryAfterOf(response: Response, now: number): number | undefined {
  const read = (name: string) => readField(response.headers, name)?.trim() ?? '';
  const field = read('retry-after');
  const isNumber = /^\d+(?:\.\d+)?(?:\s*,\s*\d+)*$/.test(field);
  const ms = isNumber ? Math.max(...field.split(',').map(Number)) * 1_000 : undefined;
  if (ms !== undefined && !isInstant(ms, now)) return ms;
  const date = ms ?? parseHttpDate(field, now);
  const delay = date === undefined ? 0 : date - (parseHttpDate(read('date'), now) ?? now);
  return delay > 0 ? delay : undefined;
}
