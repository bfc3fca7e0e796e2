import { parseDate } from '@steadfetch/core/kit';
import { parseDecimal, parseGoDuration, parseSeconds } from './milliseconds.ts';

/**
 * Milliseconds until a quota is back, in any of the formats in use: seconds, seconds or milliseconds since the epoch
 * (distinguished by size), a timestamp with a zone, an HTTP-date, a Go duration. Negative when it is in the past.
 */
export function parseReset(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const number = parseDecimal(value);
  if (number !== undefined) return fromNumber(number, value, now);
  const instant = parseDate(value, now);
  return instant === undefined ? parseGoDuration(value) : instant - now;
}

function fromNumber(number: number, value: string, now: number): number | undefined {
  if (number < 1e9) return parseSeconds(value);
  if (number < 1e11) return parseSeconds(value)! - now;
  return number < 1e14 ? number - now : undefined;
}
