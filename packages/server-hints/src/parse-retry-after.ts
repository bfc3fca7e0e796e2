import { waitAsked } from '@steadfetch/core/kit';
import { toWait } from './milliseconds.ts';
import { clean } from './response.ts';

/** The time with which instants are compared. */
export interface NowOption {
  /** Milliseconds since the epoch. @default Date.now() */
  now?: number;
}

/**
 * The wait in milliseconds that a `Retry-After` asks for, or `undefined` if it is absent or malformed.
 *
 * The value is a number of seconds, also with a fraction, or one of the three forms of HTTP-date. Servers also send two forms that are
 * not in the RFC: a timestamp with a zone, or seconds since the epoch, which count within a year of now. An instant in the past is 0.
 * Of several numbers, as of a field that was sent twice, the largest counts. More than 2^31 seconds counts as 2^31 seconds.
 *
 * `now` should be the server's time if it is known, since a date comes from the server's clock.
 *
 * RFC 9110 §10.2.3, §5.6.7
 */
export function parseRetryAfter(
  value: string | null | undefined,
  { now = Date.now() }: NowOption = {},
): number | undefined {
  const wait = waitAsked(clean(value) ?? '', now);
  return wait === undefined ? undefined : toWait(wait);
}
