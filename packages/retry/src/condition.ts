import { type Call, classifyError, type ErrorClass, type Outcome, peek } from '@steadfetch/core';
import type { FailedAttempt } from './attempt.ts';
import { isSpent } from './decide.ts';
import type { Rule } from './rule.ts';

/** A failed attempt, as `shouldRetry` sees it. */
export interface Failure {
  readonly call: Call;
  readonly url: string;
  readonly method: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Milliseconds since the call began. */
  readonly elapsed: number;
  readonly outcome: Outcome;
  readonly response?: Response;
  readonly error?: unknown;
  /** The `Idempotency-Key` that the call was made with, if it was. */
  readonly idempotencyKey?: string;
  /** What the error says about the request; only for errors. */
  readonly errorClass?: ErrorClass;
  /** The first bytes of the response's body as text; the response stays readable. '' for an error. */
  peek(maxBytes?: number): Promise<string>;
}

/** What a condition says: `true`, `false`, or nothing, which leaves it to the other rules. */
export type Condition = (failure: Failure) => boolean | undefined | Promise<boolean | undefined>;

/**
 * The caller's own condition, for errors and for statuses from 400. One call of it answers both `when` (true) and `unless`
 * (false). It is not called where one of `vetoes` forbids another attempt. It is not called after the last retry either: if
 * that retry was made because of it, the call still counts as failed, and gives up with the reason `limit`.
 */
export function condition(shouldRetry: Condition, vetoes: readonly Rule[]): Rule {
  const answers = new WeakMap<FailedAttempt, ReturnType<Condition>>();
  const says = async (failure: FailedAttempt, wanted: boolean) => {
    if (failure.response && failure.response.status < 400) return false;
    if (!answers.has(failure)) answers.set(failure, shouldRetry(failureOf(failure)));
    return (await answers.get(failure)) === wanted && 'predicate';
  };
  return {
    timed: true,
    takesTime: true,
    when: (failure) => {
      const stop = isSpent(failure) ? 'limit' : vetoes.map((rule) => rule.unless?.(failure)).find(Boolean);
      if (stop === 'limit') return failure.session.by?.reason === 'predicate' && 'predicate';
      return stop ? false : says(failure, true);
    },
    unless: (failure) => says(failure, false),
  };
}

/** A copy, since it may be written on. */
function failureOf({ call, attempt, elapsed, outcome, idempotencyKey }: FailedAttempt): Failure {
  const { response, error } = outcome!;
  const keyed = idempotencyKey === undefined ? {} : { idempotencyKey };
  const base = { call, url: call.url, method: call.method, attempt, elapsed, outcome: { ...outcome! }, ...keyed };
  if (!response) return { ...base, error, errorClass: classifyError(error), peek: async () => '' };
  return { ...base, response, peek: (maxBytes) => peek(response, maxBytes) };
}
