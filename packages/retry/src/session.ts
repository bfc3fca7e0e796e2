import type { Call } from '@steadfetch/core';
import type { Policy } from './policy.ts';
import type { Retry } from './rule.ts';

/** What all attempts of a call share. */
export interface Session {
  /** The call as it was made; ky makes a new one for each attempt. */
  call: Call;
  /** Whether the call can be sent twice, judged before a layer inside can change it. */
  repeatable: boolean;
  readonly policy: Policy;
  /** When the call began; set only if a rule needs `elapsed`. */
  readonly startedAt: number | undefined;
  /** The decision that led to the current attempt; `undefined` for the first. */
  lastRetry: Retry | undefined;
  /** How many retries were skipped: they were due, but got no permit. */
  skipped: number;
  /** When the last attempt was sent. For the first attempt it is set only if a rule needs `elapsed`. */
  sentAt: number | undefined;
  /** How old the call was when its first attempt was sent; 0 unless a `timeout` outside measures it. */
  readonly ageBefore: number;
  /** How long the requests of the call had waited for a turn in a limiter before this attempt. */
  waitedBefore: number;
}

/** Begins a call: writes into its record how often it may be repeated, and calls `beforeCall` of the rules. */
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
    // Earlier waits, for instance for a slot, are not part of the attempt. The age comes from a `timeout` and not from the clock: Next
    // fails the build of a page that reads the clock while it is prerendered.
    ageBefore: record.age?.() ?? 0,
    waitedBefore: record.waited,
  };
}

/** Begins to time an attempt. Earlier waits, before the retry or for a turn in a limiter, are not part of it. */
export function beginAttempt(session: Session): void {
  session.sentAt = session.policy.clock.now();
  session.waitedBefore = session.call.record.waited;
}

/** How many retries are left after this attempt. Skipped retries count as used (`hold.ts`). */
export function retriesLeft({ policy, skipped }: Session, attempt: number): number {
  return policy.maxRetries + 1 - attempt - skipped;
}

/** Whether a retry is left after this attempt. */
export function hasRetriesLeft(session: Session, attempt: number): boolean {
  return retriesLeft(session, attempt) > 0;
}

/** A longer attempt counts as this many milliseconds: the machine slept, or its clock was set. `standard()` cuts attempts at this time. */
export const MAX_ATTEMPT_MS = 10_000;

/** Returns how long the last attempt took, in milliseconds. See `FailedAttempt.took`. */
export function tookOf({ sentAt, ageBefore, waitedBefore, policy, call: { record } }: Session): number {
  const age = sentAt === undefined ? (record.age?.() ?? 0) - ageBefore : policy.clock.now() - sentAt;
  return Math.min(MAX_ATTEMPT_MS, Math.max(0, age - (record.waited - waitedBefore)) || 0); // a clock may give NaN
}
