import { MAX_TIMER } from '@steadfetch/core/kit';
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

/** The longest wait that a rule says the server asks for. */
function askedWait(failure: FailedAttempt): Wait | undefined {
  let longest: Wait | undefined;
  for (const rule of failure.session.policy.rules) {
    const wait = rule.asked?.(failure);
    if (wait && !(longest && longest.delay >= wait.delay)) longest = wait;
  }
  return longest;
}

/** The longest wait of a rule, in milliseconds; a full jitter where no rule has one. */
export function ownDelay(failure: FailedAttempt): number {
  let longest: number | undefined;
  for (const rule of failure.session.policy.rules) {
    const delay = rule.wait?.(failure);
    if (delay === undefined) continue;
    if (delay === 'now') return 0;
    if (!(delay >= 0)) throw new TypeError(`retry: wait: expected milliseconds from 0, got ${delay}`);
    longest = Math.max(longest ?? 0, delay);
  }
  return Math.min(longest ?? fullJitter(failure), MAX_TIMER);
}

/** As `fullJitter(exponential())`. */
function fullJitter({ attempt, session }: FailedAttempt): number {
  return shareOf(session.policy.random()) * Math.min(20_000, 250 * 2 ** (attempt - 1));
}

/** A source of chance that gives nonsense must not shorten a wait. */
function shareOf(drawn: number): number {
  return drawn >= 0 && drawn <= 1 ? drawn : 1;
}
