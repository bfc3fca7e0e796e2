import type { Rule } from './rule.ts';

/** Waits for the `Retry-After` of a response: in each `retryWith` in which no other rule says what the server asks for. */
export const RETRY_AFTER: Rule = {
  asked: ({ response, session }) => {
    const delay = response && delayOf(response, session.policy.clock.now());
    return delay === undefined ? undefined : { delay, source: 'retry-after' };
  },
};

/**
 * Milliseconds (RFC 9110 §10.2.3): of seconds, of several the most, or of an HTTP-date by the server's own clock where it tells
 * the time. `undefined` for a date in the past and for anything malformed.
 */
function delayOf(response: Response, now: number): number | undefined {
  const read = (name: string) => response.headers?.get?.(name)?.trim() ?? '';
  const field = read('retry-after');
  if (/^\d+(?:\.\d+)?(?:\s*,\s*\d+)*$/.test(field)) return Math.max(...field.split(',').map(Number)) * 1_000;
  const delay = dateOf(field) - (dateOf(read('date')) || now);
  return delay > 0 ? delay : undefined;
}

/** Any of the three forms of HTTP-date, of which one does not name its zone. */
function dateOf(field: string): number {
  return /^[a-z]{3,9},? [\w: -]+$/i.test(field) ? Date.parse(field.replace(/( GMT)?$/, ' GMT')) : Number.NaN;
}
