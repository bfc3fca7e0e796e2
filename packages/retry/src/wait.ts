import { MAX_TIMER, unexpected } from '@steadfetch/core';
import type { FailedAttempt } from './attempt.ts';
import type { Retry, Wait } from './rule.ts';

const MAX_SPREAD = 5_000;

/** The source of our own waits, in events. */
export const OWN = 'backoff';

/**
 * The longer of our own wait and the server's. The server's is never cut short; it is spread upwards as far as there is
 * room, so that clients do not come back together. A server that asks for 0 gets the first retry at once, later ones after
 * our own wait.
 */
export function planWait(failure: FailedAttempt): Wait & Pick<Retry, 'asked'> {
  const { policy } = failure.session;
  const server = askedWait(failure);
  const asked = server?.delay;
  if (server && asked === 0 && failure.attempt === 1) return { ...server, asked };
  const own = ownDelay(failure);
  if (!server || server.delay < own) return { delay: own, source: OWN, asked };
  const room = Math.max(0, Math.min(policy.maxDelay, failure.call.remaining() - 1) - server.delay);
  const spread = Math.min(server.delay * policy.spread, MAX_SPREAD, room) * shareOf(policy.random());
  return { delay: server.delay + spread, source: server.source, asked };
}

/** A source of chance that gives nonsense must not shorten a wait. */
function shareOf(drawn: number): number {
  return drawn >= 0 && drawn <= 1 ? drawn : 1;
}

/** The longest wait of a rule, in milliseconds; where none says, a full jitter, as `fullJitter(exponential())`. */
export function ownDelay(failure: FailedAttempt): number {
  const { rules, random } = failure.session.policy;
  const delays = rules
    .flatMap((rule) => (rule.wait ? [rule.wait(failure)] : []))
    .filter((delay) => delay !== undefined);
  if (delays.includes('now')) return 0;
  for (const delay of delays) {
    if (typeof delay !== 'number' || !(delay >= 0)) throw unexpected('retry: delay', 'milliseconds', delay);
  }
  if (delays.length === 0) delays.push(shareOf(random()) * Math.min(20_000, 250 * 2 ** (failure.attempt - 1)));
  return Math.min(Math.max(...(delays as number[])), MAX_TIMER);
}

/** What the server asks for: the longest wait that a rule reads, or `Retry-After` where no rule reads. */
function askedWait(failure: FailedAttempt): Wait | undefined {
  const { rules, clock } = failure.session.policy;
  const readers = rules.filter((rule) => rule.asked);
  if (readers.length === 0) return failure.response && retryAfterOf(failure.response, clock.now());
  const waits = readers.map((rule) => rule.asked!(failure));
  return waits.reduce((a, b) => (a && !(b && b.delay > a.delay) ? a : b), undefined);
}

/**
 * The `Retry-After` of a response (RFC 9110 §10.2.3): seconds, of several the most, or an HTTP-date by the server's own
 * clock where it tells the time. Of a date in the past and of anything malformed nothing.
 */
function retryAfterOf({ headers }: Response, now: number): Wait | undefined {
  const field = headers.get('retry-after')?.trim() ?? '';
  const isSeconds = /^\d+(?:\.\d+)?(?:\s*,\s*\d+)*$/.test(field);
  const delay = isSeconds
    ? Math.max(...field.split(',').map(Number)) * 1_000
    : dateOf(field) - (dateOf(headers.get('date')) || now);
  return (isSeconds && delay === 0) || delay > 0 ? { delay, source: 'retry-after' } : undefined;
}

/** Any of the three forms of HTTP-date, of which one does not name its zone. */
function dateOf(field: string | null): number {
  return /^[a-z]{3,9},? [\w: -]+$/i.test(field ?? '') ? Date.parse(field!.replace(/( GMT)?$/, ' GMT')) : Number.NaN;
}
