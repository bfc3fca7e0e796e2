// A call that got no permit for its retry waits ("is held") until that retry is due, then asks again (docs/decisions/0082).

import { notify, throwIfAborted } from '@steadfetch/core';
import { ask, BACKOFF, hasNoRetryLeft, ownDelay } from './decide.ts';
import { FailedAttempt } from './failed-attempt.ts';
import { takePermits } from './permits.ts';
import type { Decision, Permit, Planned, Unpermitted } from './rule.ts';
import { MAX_ATTEMPT_MS } from './session.ts';
import { sleepAfter } from './wait.ts';

/**
 * Holds a call until its retry is due, then asks for a permit again: the server may have recovered by then. If there is still none, the
 * retry is skipped: it takes as long as an attempt but sends nothing, and the call is held for the next retry. After the last skipped
 * retry the call asks once more, since a first answer may be on its way. Returns the retry, or the end without one.
 */
export async function holdCall(failure: FailedAttempt, end: Unpermitted): Promise<Decision> {
  const { call, session } = failure;
  if (!session.policy.rules.some((rule) => rule.holds)) return end;
  const attemptTime = timeOfSkipped(failure); // read before the hold: the machine may sleep during it
  call.record.outlasted = 0; // the failed attempt was recorded already
  failure.held = true;
  let { planned } = end;
  let ms = planned.delay;
  let isForbidden = false;
  for (let isLast = false; ; ) {
    const due = session.policy.clock.now() + ms;
    await hold(failure, ms);
    const wasBusy = session.policy.clock.now() - due >= LATE_MS;
    if (isForbidden || (isLast && !(attemptTime < MAX_SHARE * call.remaining()))) break;
    const permits = await takePermitsInTurn(failure, planned, attemptTime);
    if (permits) return { retry: true, reason: end.reason, permits, ...planned, delay: 0 };
    if (isLast) break;
    session.skipped++;
    const skipped = asIfSent(failure, planned, attemptTime);
    isLast = hasNoRetryLeft(skipped);
    if (!isLast) {
      isForbidden = !(await rulesAllowAnother(skipped));
      if (!isForbidden) planned = waitAfter(skipped, end.planned);
      ms = attemptTime + planned.delay;
      isLast = isForbidden || !(ms < call.remaining());
    }
    if (isLast) ms = Math.min(wasBusy ? Math.max(attemptTime, LATE_MS) : attemptTime, MAX_SHARE * call.remaining());
    if (!(ms > 0)) break; // the call asked a moment ago
  }
  return { ...end, planned };
}

/**
 * How long a skipped retry takes: as long as the failed attempt, and no longer than its timeout. This includes the attempt's wait in a
 * limiter, since a retry would wait, too. Otherwise a job at a rate limit would run through its items while they fail.
 */
function timeOfSkipped({ took, call: { record }, session }: FailedAttempt): number {
  return Math.min(took + record.waited - session.waitedBefore, MAX_ATTEMPT_MS, record.outlasted || Infinity);
}

/** A call is held for at most this share of its remaining time, so that it ends with its own outcome and not by a timeout. */
const MAX_SHARE = 0.9;

/**
 * If a hold ends this late, the machine was busy and could not receive answers. The last ask then comes at least this much later: answers
 * to requests that were sent earlier may have arrived by then.
 */
const LATE_MS = 100;

/** A held call that waits for its turn asks again each second, ten times at most for each retry. */
const TURN_MS = 1_000;
const MAX_TURNS = 10;

/**
 * Asks for permits when the retry of a held call is due. If the server answers again but has no room yet for this call (`turn`), the call
 * asks again each second, while time for an attempt is left. That time is what the last attempt took, or half of the remaining time if
 * that is less: an attempt that a timeout cut does not show how long an answer takes.
 */
async function takePermitsInTurn(
  failure: FailedAttempt,
  planned: Planned,
  attemptTime: number,
): Promise<Permit[] | undefined> {
  for (let turns = 0; ; turns++) {
    const permits = takePermits(failure, planned);
    const left = failure.call.remaining();
    const isInTime = turns < MAX_TURNS && TURN_MS + Math.min(attemptTime, left / 2) < MAX_SHARE * left;
    if (permits || !isInTime || !failure.session.policy.rules.some((rule) => rule.turn?.(failure))) return permits;
    await hold(failure, TURN_MS);
  }
}

async function hold(failure: FailedAttempt, ms: number): Promise<void> {
  notify(() => failure.call.observed?.retries?.beforeHold(failure, ms));
  failure.call.rest?.(); // other calls may use its slot of `concurrency` meanwhile; `waitForRetry` takes it back
  if (ms > 0) await sleepAfter(failure, ms);
}

/** The skipped retry, as if it had been sent and had failed like the attempt before it. */
function asIfSent({ session, attempt, outcome }: FailedAttempt, planned: Planned, attemptTime: number): FailedAttempt {
  const lastRetry = { retry: true, reason: '', permits: [], ...planned } as const;
  const startedAt = session.startedAt && session.startedAt - attemptTime;
  const sentAt = session.policy.clock.now() - attemptTime;
  const itsSession = { ...session, lastRetry, startedAt, sentAt, skipped: 0 };
  return new FailedAttempt(itsSession, attempt + session.skipped, outcome);
}

/** The wait before the next retry: our own backoff, or the server's wait once more if that is longer. */
function waitAfter(skipped: FailedAttempt, { delay, source, asked }: Planned): Planned {
  const own = ownDelay(skipped);
  return { delay: source === BACKOFF ? own : Math.max(own, delay), source, asked };
}

/** Whether the rules allow another retry: their conditions may look at the time, or count. A condition that throws allows none. */
async function rulesAllowAnother(skipped: FailedAttempt): Promise<boolean> {
  try {
    return (await ask('when', skipped)) !== undefined && (await ask('unless', skipped)) === undefined;
  } catch {
    throwIfAborted(skipped.call.signal);
    return false;
  }
}
