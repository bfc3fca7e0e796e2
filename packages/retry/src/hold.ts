import { FailedAttempt } from './attempt.ts';
import type { End } from './rule.ts';
import { OWN, ownDelay } from './wait.ts';

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
