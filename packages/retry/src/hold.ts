// A call without a permit is held until its retry is due (docs/decisions/0082).

import { notify, throwIfAborted } from '@steadfetch/core';
import { ask, isSpent, OWN, ownDelay } from './decide.ts';
import { FailedAttempt } from './failed-attempt.ts';
import { holdFor, takePermits, turnFor } from './permits.ts';
import type { Decision, Permit, Planned, Unpermitted } from './rule.ts';
import { sleepAfter } from './wait.ts';

/**
 * Holds a call that got no permit until its retry is due, then asks for a permit again: the server may be well by then. Without one
 * that retry is skipped: it takes as long as an attempt but sends nothing, and the call is held for the next one. After the last one
 * the call asks once more, and waits for its turn too: a first answer may be on its way. Returns what follows in the end.
 */
export async function holdCall(failure: FailedAttempt, end: Unpermitted): Promise<Decision> {
  const attemptTime = timeOfSkipped(failure); // read before the hold, during which the machine can sleep
  failure.call.record.outlasted = 0; // the attempt is recorded
  let { planned, held } = end;
  let permits: Permit[] | undefined;
  for (;;) {
    await hold(failure, held);
    if (!(held >= planned.delay)) break; // the rules hold it for less than its wait, and it ends
    permits = await takePermitsInTurn(failure, planned, attemptTime);
    if (permits) break;
    failure.session.skipped++;
    const next = await waitAfterSkipped(failure, planned, attemptTime);
    held = typeof next === 'object' ? attemptTime + holdFor(failure, next) : 0;
    if (typeof next !== 'object' || !(held > 0)) {
      // the last skipped one takes its time too, and is sent if the server is well by then
      const last = Math.min(attemptTime, HELD_SHARE * failure.call.remaining());
      if (!(last > 0)) break; // it has asked a moment ago
      await hold(failure, last);
      if (next !== 'forbidden') permits = await takeLastPermits(failure, planned, attemptTime);
      break;
    }
    planned = next;
  }
  return permits ? { retry: true, reason: end.reason, permits, ...planned, delay: 0 } : { ...end, planned };
}

async function takeLastPermits(
  failure: FailedAttempt,
  planned: Planned,
  attemptTime: number,
): Promise<Permit[] | undefined> {
  if (!(attemptTime < HELD_SHARE * failure.call.remaining())) return undefined;
  const permits = await takePermitsInTurn(failure, planned, attemptTime);
  if (permits) failure.session.skipped--;
  return permits;
}

/** How long a skipped retry takes: as long as the attempt that failed, but no longer than the limit that would cut it. */
function timeOfSkipped({ took, call }: FailedAttempt): number {
  return Math.min(took, call.record.outlasted || Infinity);
}

/** The largest share of its remaining time that a call is held, so that it ends with its own outcome, not by a timeout. */
const HELD_SHARE = 0.9;

/** How often a held call asks again for one retry, at most. */
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
  failure.held = true;
  for (let turns = 0; ; turns++) {
    const permits = takePermits(failure, planned);
    const ms = permits || turns === MOST_TURNS ? 0 : turnFor(failure);
    const left = failure.call.remaining();
    if (!(ms > 0 && ms + Math.min(attemptTime, left / 2) < HELD_SHARE * left)) return permits;
    await hold(failure, ms);
  }
}

async function hold(failure: FailedAttempt, ms: number): Promise<void> {
  notify(() => failure.call.observed?.retries?.beforeHold(failure, ms));
  failure.call.rest?.(); // the call lends its slot; `waitForRetry` takes it back
  if (ms > 0) await sleepAfter(failure, ms);
}

/**
 * The wait for the retry after a skipped one. The rules are asked as if the skipped one had been sent and had failed in the same
 * way. `spent`: no retry is left, or too little time. The wait is our own, or the server's once more if that is longer.
 */
async function waitAfterSkipped(
  { call, session, attempt, outcome }: FailedAttempt,
  { delay, source }: Planned,
  attemptTime: number,
): Promise<Planned | 'forbidden' | 'spent'> {
  const lastRetry = { retry: true, reason: '', permits: [], asked: undefined, source, delay } as const;
  const startedAt = session.startedAt === undefined ? undefined : session.startedAt - attemptTime;
  const sentAt = session.policy.clock.now() - attemptTime;
  const asIfSent = { ...session, lastRetry, startedAt, sentAt, skipped: 0 };
  const skipped = new FailedAttempt(asIfSent, attempt + session.skipped, outcome);
  if (isSpent(skipped)) return 'spent';
  if (!(await rulesAllowAnother(skipped))) return 'forbidden';
  const own = ownDelay(skipped);
  const next = source === OWN ? own : Math.max(own, delay);
  const asked = source === OWN ? undefined : next;
  return attemptTime + next < call.remaining() ? { delay: next, source, asked } : 'spent';
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
