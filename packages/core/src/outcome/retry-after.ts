import { parseHttpDate } from './parse-date.ts';
import { readField } from './read-field.ts';

/**
 * Milliseconds that the `Retry-After` of a response asks for (RFC 9110 §10.2.3). Of several numbers the largest counts; an
 * HTTP-date counts from the `Date` of the response, else from `now`. `undefined` for a date in the past and for anything malformed.
 *
 * `@steadfetch/server-hints` knows its relatives.
 */
export function retryAfterOf(response: Response, now: number): number | undefined {
  const read = (name: string) => readField(response.headers, name)?.trim() ?? '';
  const field = read('retry-after');
  if (/^\d+(?:\.\d+)?(?:\s*,\s*\d+)*$/.test(field)) return Math.max(...field.split(',').map(Number)) * 1_000;
  const date = parseHttpDate(field, now);
  const delay = date === undefined ? 0 : date - (parseHttpDate(read('date'), now) ?? now);
  return delay > 0 ? delay : undefined;
}
