import { parseDate } from '@steadfetch/core/kit';
import { parseDecimal, parseGoDuration } from './milliseconds.ts';

/**
 * Milliseconds until a quota is reset, in any of the formats in use: seconds, seconds or milliseconds since the epoch
 * (distinguished by size), a timestamp with a zone, an HTTP-date, a Go duration. Negative if the instant is in the past.
 */
export function parseReset(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const number = parseDecimal(value);
  if (number === undefined) {
    const instant = parseDate(value, now);
    return instant === undefined ? parseGoDuration(value) : instant - now;
  }
  if (number >= 1e11) return number < 1e14 ? number - now : undefined;
  const ms = Number(`${value}e3`); // exact, unlike `2.3 * 1_000`, which is 2299.9999999999995
  return number < 1e9 ? ms : ms - now;
}
