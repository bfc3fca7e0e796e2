// A call without a permit is held until its retry is due (docs/decisions/0082).

import { notify, throwIfAborted } from '@steadfetch/core';
import { ask, BACKOFF, hasNoRetryLeft, ownDelay } from './decide.ts';
import { FailedAttempt } from './failed-attempt.ts';
import { takePermits } from './permits.ts';
import type { Decision, Permit, Planned, Unpermitted } from './rule.ts';
import { MAX_ATTEMPT_MS } from './session.ts';
import { sleepAfter } from './wait.ts';

/**
 * Holds a call that got no permit until its retry is due, then asks for a permit again: the server may be well by then. Without one
 * that retry is skipped: it takes as long as an attempt but sends nothing, and the call is held for the next one. After the last one
 * the call asks once more: a first answer may be on its way. Returns what follows in the end.
 */
export async function holdCall(failure: FailedAttempt, end: Unpermitted): Promise<Decision> {
  const { call, session } = failure;
  if (!session.policy.rules.some((rule) => rule.holds)) return end;
  const attemptTime = timeOfSkipped(failure); // read before the hold, during which the machine can sleep
  call.record.outlasted = 0; // the attempt is recorded
  failure.held = true;
  let { planned } = end;
  let ms = planned.delay;
  let isForbidden = false;
  for (let isLast = false; ; ) {
    const due = session.policy.clock.now() + ms;
    await hold(failure, ms);
    const wasBusy = session.policy.clock.now() - due >= LATE;
    if (isForbidden || (isLast && !(attemptTime < HELD_SHARE * call.remaining()))) break;
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
    if (isLast) ms = Math.min(wasBusy ? Math.max(attemptTime, LATE) : attemptTime, HELD_SHARE * call.remaining());
    if (!(ms > 0)) break; // it has asked a moment ago
  }
  return { ...end, planned };
}

/**
 * How long a skipped retry takes: as long as the attempt that failed, but no longer than the limit that would cut it. With the wait for a turn
 * in a limiter, since a retry would wait too: else a job at a limit goes through its items while they fail.
 */
function timeOfSkipped({ took, call: { record }, session }: FailedAttempt): number {
  return Math.min(took + record.waited - session.waitedBefore, MAX_ATTEMPT_MS, record.outlasted || Infinity);
}

/** The largest share of its remaining time that a call is held, so that it ends with its own outcome, not by a timeout. */
const HELD_SHARE = 0.9;

/**
 * A hold that ended so late (ms) shows that the machine was busy, and that nobody could hear an answer. The last ask then comes as long
 * after it, at least: requests that were sent before may be answered by then.
 */
const LATE = 100;

/** A held call that waits for its turn asks again after so many milliseconds, and so often at most. */
const TURN = 1_000;
const MOST_TURNS = 10;

/**
 * Asks for permits when the retry of a held call is due. If the server answers again but has no room yet for all held calls, the
 * call asks again later (`turn`), as long as that leaves time for an attempt: as much as the last one took, or half of what is left
 * if that is less, since an attempt that was cut does not show how long an answer takes.
 */
async function takePermitsInTurn(
  failure: FailedAttempt,
  planned: Planned,
  attemptTime: number,
): Promise<Permit[] | undefined> {
  for (let turns = 0; ; turns++) {
    const permits = takePermits(failure, planned);
    const left = failure.call.remaining();
    const isInTime = turns < MOST_TURNS && TURN + Math.min(attemptTime, left / 2) < HELD_SHARE * left;
    if (permits || !isInTime || !failure.session.policy.rules.some((rule) => rule.turn?.(failure))) return permits;
    await hold(failure, TURN);
  }
}

async function hold(failure: FailedAttempt, ms: number): Promise<void> {
  notify(() => failure.call.observed?.retries?.beforeHold(failure, ms));
  failure.call.rest?.(); // the call lends its slot; `waitForRetry` takes it back
  if (ms > 0) await sleepAfter(failure, ms);
}

/** The skipped retry as if it had been sent, and had failed in the same way. */
function asIfSent({ session, attempt, outcome }: FailedAttempt, planned: Planned, attemptTime: number): FailedAttempt {
  const lastRetry = { retry: true, reason: '', permits: [], ...planned } as const;
  const startedAt = session.startedAt && session.startedAt - attemptTime;
  const sentAt = session.policy.clock.now() - attemptTime;
  const itsSession = { ...session, lastRetry, startedAt, sentAt, skipped: 0 };
  return new FailedAttempt(itsSession, attempt + session.skipped, outcome);
}

/** The wait for the retry after a skipped one: our own, or the server's once more if that is longer. */
function waitAfter(skipped: FailedAttempt, { delay, source, asked }: Planned): Planned {
  const own = ownDelay(skipped);
  return { delay: source === BACKOFF ? own : Math.max(own, delay), source, asked };
}

/** Whether the rules would let another retry follow: a condition may look at the time, or count. One that throws says no. */
async function rulesAllowAnother(skipped: FailedAttempt): Promise<boolean> {
  try {
    return (await ask('when', skipped)) !== undefined && (await ask('unless', skipped)) === undefined;
  } catch {
    throwIfAborted(skipped.call.signal);
    return false;
  }
}
