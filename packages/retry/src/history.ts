import type { AttemptRecord } from '@steadfetch/core';
import { historyBehind, keepHistory } from '@steadfetch/core/kit';
import type { Rule } from './rule.ts';

/** Keeps what became of each attempt, for `historyOf` the response or the error that the call ends with. */
export function history(): Rule {
  return {
    afterFailure: ({ outcome, past }, decision) => {
      if (!decision.retry)
        keepHistory(decision.thrown ? decision.thrown.error : (outcome!.response ?? outcome!.error), past);
    },
    afterRecovery: ({ past, response }) => keepHistory(response, past),
  };
}

/**
 * Every attempt behind a response or an error that `retry` gave back, oldest first; `undefined` where there was nothing
 * but a first attempt that succeeded. Nothing is written on the response or the error, and what is given is a copy.
 */
export function historyOf(responseOrError: unknown): AttemptRecord[] | undefined {
  return historyBehind(responseOrError)?.map((record) => ({ ...(record as AttemptRecord) }));
}
