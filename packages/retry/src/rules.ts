import type { Delay } from '@steadfetch/backoff';
import type { AttemptRecord, Call, Outcome } from '@steadfetch/core';
import {
  checkFunction,
  checkMethods,
  checkMs,
  checkNumber,
  checkStatuses,
  historyBehind,
  IDEMPOTENT_METHODS,
  keepHistory,
  optionError,
  readField,
  retryAfterOf,
  transientKind,
} from '@steadfetch/core/kit';
import { isThrottled, parseRetryAfter } from '@steadfetch/server-hints';
import { type FailedAttempt, isGood } from './failed-attempt.ts';
import type { Rule } from './rule.ts';

/** RFC 9110 §15.5.9, §15.6; RFC 6585 §4; RFC 8470 §5.2; and the unregistered codes of edges and busy services. */
export const TRANSIENT: readonly number[] = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529];

/** Repeats responses with one of these statuses, from 400; look into lower ones with `inspect`. */
export function onStatus(...statuses: number[]): Rule {
  const listed = checkStatuses('onStatus', statuses, { min: 400 });
  return { when: ({ response }) => response !== undefined && listed.has(response.status) && 'status' };
}

/**
 * Repeats the statuses of the list, but a 403 only with evidence of throttling. Without a list it repeats `TRANSIENT`, 413 with
 * `Retry-After`, and 409 with an `Idempotency-Key` that may have been sent before.
 */
export function onListedStatus(listed: ReadonlySet<number> | undefined): Rule {
  return { when: (failure) => isListedStatus(failure, listed) && 'status' };
}

function isListedStatus(failure: FailedAttempt, listed: ReadonlySet<number> | undefined): boolean {
  const { response, idempotencyKey, past, call } = failure;
  if (response === undefined) return false;
  const { status } = response;
  if (listed) return listed.has(status) && (status !== 403 || isThrottled(response));
  if (status === 413) return parseRetryAfter(readField(response.headers, 'retry-after')) !== undefined;
  // an earlier request with this key may still be under way; without an earlier one, a retry would get the same conflict
  if (status === 409) return idempotencyKey !== undefined && !(call.record.keyIsNew && past.length === 0);
  return TRANSIENT.includes(status);
}

/** Repeats calls whose connection fails or breaks, but not those with a wrong certificate or a bad URL, which would fail again. */
export function onNetworkError(): Rule {
  return { when: ({ outcome }) => isTransient(outcome, 'network') && 'network' };
}

/**
 * Repeats attempts that their timeout cut. If the method is idempotent, the first retry is immediate: the call has already waited
 * for the timeout.
 */
export function onTimeout(): Rule {
  return {
    repeatsTimeouts: true,
    when: ({ outcome }) => isTransient(outcome, 'timeout') && 'timeout',
    wait: ({ attempt, call, outcome }) => {
      const isFirst = attempt === 1 && IDEMPOTENT_METHODS.has(call.method) && isTransient(outcome, 'timeout');
      return isFirst ? 'now' : undefined;
    },
  };
}

function isTransient(outcome: Outcome | undefined, wanted: 'network' | 'timeout'): boolean {
  return outcome?.failed === true && transientKind(outcome.error) === wanted;
}

/** Looks into good responses: `true` means failed, for instance an error inside a 200. Look into the body with `peek`. */
export function inspect(test: (response: Response) => boolean | Promise<boolean>): Rule {
  checkFunction('inspect', test);
  return {
    needs: ['good-responses', 'time'],
    when: async ({ response }) => isGood(response) && (await test(response)) && 'inspect',
  };
}

/** At most `n` retries after the first attempt. */
export function maxRetries(n: number): Rule {
  return { maxRetries: checkNumber('maxRetries', n, { integer: true }) };
}

/**
 * The longest wait to accept from the server, in milliseconds. A longer one ends the call with its last outcome. The
 * backoff has its own cap.
 */
export function maxDelay(ms: number): Rule {
  return { maxDelay: checkMs('maxDelay', ms) };
}

/**
 * Waits by a delay of `@steadfetch/backoff`, in milliseconds, unless the server asks for more.
 *
 * @example backoff(fullJitter(exponential({ base: 100, cap: 10_000 })))
 */
export function backoff(delay: Delay): Rule {
  checkFunction('backoff: delay', delay);
  return {
    wait: ({ attempt, previousDelay }) => {
      const own: unknown = delay({ attempt, previousDelay });
      if (typeof own !== 'number' || !(own >= 0)) throw optionError('retry: delay', 'milliseconds', own);
      return own;
    },
  };
}

/** Ignores the wait that the server asks for, whichever rule reads it. */
export function ignoreRetryAfter(): Rule {
  return { ignoresServer: true };
}

/** Waits for `Retry-After`. `retryWith` adds this rule if no rule in its list reads that field. */
export const RETRY_AFTER: Rule = {
  asked: ({ response, session }) => {
    const delay = response && retryAfterOf(response, session.policy.clock.now());
    return delay === undefined ? undefined : { delay, source: 'retry-after' };
  },
};

/** Declares that sending a request twice does no harm, whatever its method: for all calls, or for the calls that the predicate picks. */
export function evenIfNotIdempotent(predicate: (call: Call) => boolean = () => true): Rule {
  checkFunction('evenIfNotIdempotent', predicate);
  return { harmless: predicate };
}

/** Repeats these methods, instead of the idempotent ones. */
export function onlyMethods(...methods: string[]): Rule {
  return { methods: checkMethods('onlyMethods', methods) };
}

/** Keeps how each attempt ended, so that `historyOf` finds it by the response or the error that the call ends with. */
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
 * Returns the attempts that led to a response or an error of `retry`, oldest first, the last hundred at most; `undefined` if the first
 * attempt succeeded. The list is a copy. The response or the error itself is not changed.
 */
export function historyOf(responseOrError: unknown): AttemptRecord[] | undefined {
  return historyBehind(responseOrError)?.map((record) => ({ ...(record as AttemptRecord) }));
}
