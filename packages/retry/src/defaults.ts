import type { FailedAttempt } from './attempt.ts';
import type { Defaults } from './policy.ts';
import type { Wait } from './rule.ts';
import { shareOf } from './wait.ts';

/** What holds where no rule of the list answers: a full jitter, and the `Retry-After` of the server. */
export const DEFAULTS: Defaults = { wait: fullJitter, asked: retryAfterOf };

/** As `fullJitter(exponential())`. */
function fullJitter({ attempt, session }: FailedAttempt): number {
  return shareOf(session.policy.random()) * Math.min(20_000, 250 * 2 ** (attempt - 1));
}

/**
 * The `Retry-After` of a response (RFC 9110 §10.2.3): seconds, of several the most, or an HTTP-date by the server's own
 * clock where it tells the time. Of a date in the past and of anything malformed nothing.
 */
function retryAfterOf({ response, session }: FailedAttempt): Wait | undefined {
  const read = (name: string) => response?.headers?.get?.(name)?.trim() ?? '';
  const field = read('retry-after');
  const isSeconds = /^\d+(?:\.\d+)?(?:\s*,\s*\d+)*$/.test(field);
  const delay = isSeconds
    ? Math.max(...field.split(',').map(Number)) * 1_000
    : dateOf(field) - (dateOf(read('date')) || session.policy.clock.now());
  return (isSeconds && delay === 0) || delay > 0 ? { delay, source: 'retry-after' } : undefined;
}

/** Any of the three forms of HTTP-date, of which one does not name its zone. */
function dateOf(field: string): number {
  return /^[a-z]{3,9},? [\w: -]+$/i.test(field) ? Date.parse(field.replace(/( GMT)?$/, ' GMT')) : Number.NaN;
}
