import { parseHttpDate } from './parse-date.ts';
import { field, type HintedResponse } from './response.ts';

/** The server's clock when the response arrived: its `Date` plus the time it sat in caches; else `now`. */
export function serverTime(response: HintedResponse, now: number): number {
  const date = parseHttpDate(field(response, 'date') ?? '', now);
  return date === undefined ? now : date + age(response);
}

/** Milliseconds since the response left its origin, as far as caches say: RFC 9111 §5.1. */
export function age(response: HintedResponse): number {
  const value = field(response, 'age') ?? '';
  return /^[0-9]+$/.test(value) ? Math.min(Number(value), 2 ** 31) * 1_000 : 0;
}
