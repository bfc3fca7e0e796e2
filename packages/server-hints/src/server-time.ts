import { parseDate } from '@steadfetch/core/kit';
import { field, type HintedResponse } from './response.ts';

/**
 * The server's time when the response arrived; `now` without a `Date`. A cache may keep the `Date` of the origin, and then `Age` must
 * be added. Or it writes its own `Date`, as Fastly and Cloudflare do. Of both results the one nearer to `now` counts.
 */
export function serverTime(response: HintedResponse, now: number): number {
  const date = parseDate(field(response, 'date') ?? '', now) ?? now;
  const kept = date + age(response);
  return now - date < kept - now ? date : kept;
}

/** The `Age` in milliseconds: how long ago the origin sent the response, according to the caches. RFC 9111 §5.1 */
export function age(response: HintedResponse): number {
  const value = field(response, 'age') ?? '';
  return /^[0-9]+$/.test(value) ? Math.min(Number(value), 2 ** 31) * 1_000 : 0;
}
