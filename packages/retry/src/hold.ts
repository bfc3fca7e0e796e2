// A call without a permit is held until its retry is due (docs/decisions/0082).

import { notify, throwIfAborted } from '@steadfetch/core';
import { ask, holdFor, isSpent, OWN, ownDelay, takePermits } from './decide.ts';
import { FailedAttempt } from './failed-attempt.ts';
import type { Decision, End, Wait } from './rule.ts';
import { sleepAfter } from './wait.ts';

/** Holds a call for which there is no permit as long as the rules say, and gives what follows then. */
export async function holdCall(failure: FailedAttempt, first: End): Promise<Decision> {
  const took = attemptTime(failure); // before it is held: the machine can sleep meanwhile
  for (let end = first; ; ) {
    const ms = end.held!;
    notify(() => failure.call.observed?.retries?.beforeHold(failure, ms), undefined);
    if (ms > 0) await sleepAfter(failure, ms);
    failure.session.waited += ms;
    const next = await decideAfterHold(failure, end, took);
    if (next === end || next.retry) return next;
    end = next;
  }
}

/**
 * Decides about a call that was held until its retry was due. The server may be well by now, so the rules are asked for a permit
 * again. Without one this retry is skipped: it takes its time and no request. Then the next one is due, if there is one.
 * `took` is how long an attempt of the call takes.
 */
async function decideAfterHold(failure: FailedAttempt, end: End, took: number): Promise<Decision> {
  const { call, session } = failure;
  const { planned, held, reason } = end;
  if (isSpent(failure) || !planned || !(held! >= planned.delay)) return end;
  failure.held = true;
  const permits = takePermits(failure, planned);
  if (permits) return { retry: true, reason: reason!, permits, asked: askedBy(planned), ...planned, delay: 0 };
  session.skipped++;
  const skipped = skippedAttempt(failure, planned, took);
  const next = (await mayFollow(skipped)) ? waitAfter(skipped, planned) : undefined;
  const ms = next ? took + holdFor(failure, next) : 0;
  if (ms > 0 && took + next!.delay < call.remaining()) return { ...end, planned: next!, held: ms };
  session.skipped = session.policy.maxRetries; // the others do not fit into its time
  const rest = Math.min(took, HELD_SHARE * call.remaining());
  return rest > 0 ? { ...end, held: rest } : end;
}

/** The most of the time that is left for which a call is held: then it still ends with its own outcome. */
const HELD_SHARE = 0.9;

/** The retry that was skipped, as if it had been sent and had failed in the same way. */
function skippedAttempt(
  { session, attempt, outcome }: FailedAttempt,
  { delay, source }: Wait,
  took: number,
): FailedAttempt {
  const lastRetry = { retry: true, reason: '', permits: [], asked: undefined, source, delay } as const;
  const startedAt = session.startedAt === undefined ? undefined : session.startedAt - took;
  return new FailedAttempt({ ...session, lastRetry, startedAt, skipped: 0 }, attempt + session.skipped, outcome);
}

/** Whether the rules would let another retry follow: a condition may look at the time, or count. One that throws says no. */
async function mayFollow(skipped: FailedAttempt): Promise<boolean> {
  if (isSpent(skipped)) return false;
  try {
    return (await ask('when', skipped)) !== undefined && (await ask('unless', skipped)) === undefined;
  } catch {
    throwIfAborted(skipped.call.signal);
    return false;
  }
}

/** The wait after a retry that was skipped: our own for the next one, or again as long as the server asked if that is longer. */
function waitAfter(skipped: FailedAttempt, { delay, source }: Wait): Wait {
  return { delay: Math.max(source === OWN ? 0 : delay, ownDelay(skipped)), source };
}

function askedBy({ source, delay }: Wait): number | undefined {
  return source === OWN ? undefined : delay;
}

/** What seems to take longer was a machine that slept, or a date that was set. The timeout of an attempt in `standard()`. */
const LONGEST_ATTEMPT = 10_000;

/** How long an attempt of the call took, in milliseconds; 0 where no rule needs `elapsed`. */
function attemptTime(failure: FailedAttempt): number {
  const { startedAt, waited } = failure.session;
  if (startedAt === undefined) return 0;
  return Math.min(LONGEST_ATTEMPT, Math.max(0, failure.elapsed - waited) / failure.attempt);
}
