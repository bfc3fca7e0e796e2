import { MAX_TIMER } from '@steadfetch/core/kit';
import { FailedAttempt } from './attempt.ts';
import type { Defaults } from './policy.ts';
import type { End, Retry, Wait } from './rule.ts';

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

/** The longest wait of a rule, in milliseconds. */
export function ownDelay(failure: FailedAttempt): number {
  const { rules, otherwise } = failure.session.policy;
  let longest: number | undefined;
  for (const rule of rules) {
    const delay = rule.wait?.(failure);
    if (delay === undefined) continue;
    if (delay === 'now') return 0;
    if (!(delay >= 0)) throw new TypeError(`retry: wait: expected milliseconds from 0, got ${delay}`);
    longest = Math.max(longest ?? 0, delay);
  }
  // among the rules of `retry()` one always answers
  return Math.min(longest ?? otherwise!.wait(failure), MAX_TIMER);
}

/** The longest wait that a rule says the server asks for. */
function askedWait(failure: FailedAttempt): Wait | undefined {
  const { rules, otherwise } = failure.session.policy;
  if (otherwise && !rules.some(({ asked }) => asked)) return otherwise.asked(failure);
  let longest: Wait | undefined;
  for (const rule of rules) {
    const wait = rule.asked?.(failure);
    if (wait && !(longest && longest.delay >= wait.delay)) longest = wait;
  }
  return longest;
}

/** The longest that a call is held, in milliseconds, and the retries it may stand for. */
const LONGEST_HOLD = 5_000;
const MOST_HELD = 10;

/**
 * How long a call ends later whose retry got no permit, in milliseconds: as long as its retries would have waited by our own
 * delays. A budget takes the requests, not the time. Otherwise a job would run through its items the faster the more of
 * them fail. Where the server asked to wait, the call ends at once: the caller gets the time.
 */
export function holdOf({ session, attempt, outcome, call }: FailedAttempt, { stop, planned }: End): number {
  if (stop !== 'budget' || planned?.source !== OWN) return 0;
  let { delay } = planned;
  let held = delay;
  for (let n = attempt + 1; n <= session.policy.maxRetries && n - attempt < MOST_HELD; n++) {
    const by = { retry: true, reason: '', permits: [], asked: undefined, source: OWN, delay } as const;
    delay = ownDelay(new FailedAttempt({ ...session, by }, n, outcome));
    held += delay;
  }
  return held < call.remaining() ? Math.min(held, LONGEST_HOLD) : 0;
}

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
