import { parseDate } from '@steadfetch/core/kit';
import { field, type HintedResponse } from './response.ts';

/**
 * The server's clock when the response arrived; `now` without a `Date`. Some caches keep the `Date` of the origin, to which `Age` is
 * added, and some, as those of Fastly and Cloudflare, write their own: of both times the one nearer to `now` counts.
 */
export function serverTime(response: HintedResponse, now: number): number {
  const date = parseDate(field(response, 'date') ?? '', now) ?? now;
  const kept = date + age(response);
  return now - date < kept - now ? date : kept;
}

/** Milliseconds since the response left its origin, as far as caches say: RFC 9111 §5.1. */
export function age(response: HintedResponse): number {
  const value = field(response, 'age') ?? '';
  return /^[0-9]+$/.test(value) ? Math.min(Number(value), 2 ** 31) * 1_000 : 0;
}
