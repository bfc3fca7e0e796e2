import { historyBehind, keepHistory, type Outcome } from '@steadfetch/core';
import type { Session } from './attempt.ts';
import type { Decision, Rule } from './rule.ts';

/** What became of one attempt. Times are milliseconds. */
export interface AttemptRecord {
  /** 1 for the first. */
  readonly attempt: number;
  readonly status?: number;
  readonly error?: unknown;
  /** The `Idempotency-Key` that the attempt carried, if it did. */
  readonly idempotencyKey?: string;
  /** When the attempt ended, since the epoch. */
  readonly at: number;
  /** The wait that followed, if one did, and who asked for it. */
  readonly delay?: number;
  readonly delaySource?: string;
}

/** Keeps what became of each attempt, for `historyOf` the response or the error that the call ends with. */
export function history(): Rule {
  return {
    afterFailure: ({ outcome, past }, decision) => {
      if (!decision.retry)
        remember(decision.thrown ? decision.thrown.error : (outcome!.response ?? outcome!.error), past);
    },
    afterSuccess: ({ past, response }) => {
      if (past.length > 0) remember(response, past);
    },
  };
}

/** Keeps the attempts behind a response or an error for whoever holds it. Nothing is written on it. */
export const remember: (responseOrError: unknown, past: readonly AttemptRecord[]) => void = keepHistory;

/**
 * Every attempt behind a response or an error that `retry` gave back, oldest first; `undefined` where there was nothing
 * but a first attempt that succeeded. Nothing is written on the response or the error, and what is given is a copy.
 */
export function historyOf(responseOrError: unknown): AttemptRecord[] | undefined {
  return historyBehind(responseOrError)?.map((record) => ({ ...(record as AttemptRecord) }));
}

/** What is kept of an attempt that has just ended. */
export function recordOf(
  { key, policy }: Session,
  attempt: number,
  { response, error, failed }: Outcome,
  decision?: Decision,
): AttemptRecord {
  return {
    attempt,
    at: policy.clock.now(),
    ...(failed ? { error } : { status: response.status }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(decision?.retry ? { delay: decision.delay, delaySource: decision.source } : {}),
  };
}
