import { waitAsked } from '@steadfetch/core/kit';
import { toWait } from './milliseconds.ts';
import { clean } from './response.ts';

/** The time to compare with. */
export interface NowOption {
  /** Milliseconds since the epoch. @default Date.now() */
  now?: number;
}

/**
 * Milliseconds that a `Retry-After` asks for, or `undefined` when it is absent or malformed.
 *
 * Seconds, also with a fraction, or one of the three forms of HTTP-date. Also what the RFC does not know and servers send: a timestamp
 * with a zone, or an instant in seconds since the epoch, within a year of now. An instant in the past is 0. Of several numbers (a
 * doubled field) the largest counts. More than 2^31 seconds counts as 2^31 seconds.
 *
 * `now` is the server's time, where it is known: a date is stamped by the server's clock.
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
