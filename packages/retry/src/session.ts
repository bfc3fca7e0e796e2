import type { Call } from '@steadfetch/core';
import type { Policy } from './policy.ts';
import type { Retry } from './rule.ts';

/** What all attempts of a call share. */
export interface Session {
  /** The call as it was made; ky makes a new one for each attempt. */
  call: Call;
  /** Whether the call can be sent twice, judged before anything below could change it. */
  repeatable: boolean;
  readonly policy: Policy;
  /** When the call began; known only where a rule needs `elapsed`. */
  readonly startedAt: number | undefined;
  /** The decision that led to the attempt under way; none for the first. */
  lastRetry: Retry | undefined;
  /** The retries that were due and got no permit. */
  skipped: number;
  /** When the last attempt was sent. Of the first it is known only where a rule needs `elapsed`. */
  sentAt: number | undefined;
  /** How old the call was when its first attempt was sent, where a `timeout` outside times it. */
  readonly ageBefore: number;
  /** How long requests of the call had waited for their turn in a limiter before this attempt. */
  waitedBefore: number;
}

/** Begins a call: counts its retries in its record, and calls `beforeCall` of the rules. */
export function startSession(call: Call, policy: Policy, repeatable: boolean, startedAt: number | undefined): Session {
  const { record } = call;
  if (record.maxRepeats < policy.maxRetries) record.maxRepeats = policy.maxRetries;
  record.mayRetry = policy.mayRetry;
  for (const rule of policy.callRules) rule.beforeCall!(call);
  return {
    call,
    repeatable,
    policy,
    startedAt,
    lastRetry: undefined,
    skipped: 0,
    sentAt: startedAt,
    // What the call did before, such as waiting for a slot, is not part of the attempt. This is the time of a `timeout` and no date:
    // Next fails the build of a page that reads a date while it is prerendered.
    ageBefore: record.age?.() ?? 0,
    waitedBefore: record.waited,
  };
}

/** An attempt is sent: what came before, as a wait or a turn in a limiter, is no part of it. */
export function beginAttempt(session: Session): void {
  session.sentAt = session.policy.clock.now();
  session.waitedBefore = session.call.record.waited;
}

/** Whether a retry is left after this attempt. Skipped ones count (`hold.ts`). */
export function hasRetriesLeft({ policy, skipped }: Session, attempt: number): boolean {
  return attempt + skipped <= policy.maxRetries;
}

/** No attempt counts as longer: the machine slept, or its clock was set. It is the timeout of an attempt in `standard()`. */
export const LONGEST_ATTEMPT = 10_000;

/** How long the attempt took that has just ended, in milliseconds. See `FailedAttempt.took`. */
export function tookOf({ sentAt, ageBefore, waitedBefore, policy, call: { record } }: Session): number {
  const age = sentAt === undefined ? (record.age?.() ?? 0) - ageBefore : policy.clock.now() - sentAt;
  return Math.min(LONGEST_ATTEMPT, Math.max(0, age - (record.waited - waitedBefore)));
}
