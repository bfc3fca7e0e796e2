import type { Call, Outcome } from '@steadfetch/core';
import { isSpent } from './decide.ts';
import { type FailedAttempt, isGood } from './failed-attempt.ts';
import type { Rule } from './rule.ts';

/** A failed attempt as `shouldRetry` gets it: a plain copy, since a function of the caller may log it, keep it or write on it. */
export interface Failure {
  readonly call: Call;
  readonly url: string;
  readonly method: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Milliseconds since the call began. */
  readonly elapsed: number;
  readonly outcome: Outcome;
  /** `undefined`, and not `null`, where the attempt ended with an error. */
  readonly response?: Response;
  /** `undefined`, and not `null`, where there is a response. */
  readonly error?: unknown;
  /** The `Idempotency-Key` that the call was made with, if it was. */
  readonly idempotencyKey?: string;
}

/** `true`, `false`, or nothing, which leaves it to the other rules. */
type Verdict = boolean | undefined | Promise<boolean | undefined>;

/**
 * The option `shouldRetry` as a rule, for errors and for statuses from 400. `test` is called once for an attempt: `true` answers
 * `when`, `false` answers `unless`. It is not called where its answer would not count: if `veto` forbids another attempt, or if the
 * call cannot be sent again.
 */
export function shouldRetry(test: (failure: Failure) => Verdict, veto: Rule): Rule {
  const answers = new WeakMap<FailedAttempt, Verdict>();
  const says = async (failure: FailedAttempt, wanted: boolean) => {
    const { call, response, session } = failure;
    if (isGood(response) || !session.repeatable || !call.replayable) return false;
    if (!answers.has(failure)) answers.set(failure, test(asFailure(failure)));
    return (await answers.get(failure)) === wanted && 'predicate';
  };
  return {
    needs: ['elapsed', 'time'],
    when: (failure) => {
      // after the last retry: if that was made because of `test`, the call gives up with the reason `limit`
      if (isSpent(failure)) return failure.session.lastRetry?.reason === 'predicate' && 'predicate';
      return !veto.unless!(failure) && says(failure, true);
    },
    unless: (failure) => says(failure, false),
  };
}

function asFailure({ call, attempt, elapsed, outcome, response, error, idempotencyKey }: FailedAttempt): Failure {
  const { url, method } = call;
  return {
    ...{ call, url, method, attempt, elapsed, outcome: { ...outcome! } },
    ...(response ? { response } : { error }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}
