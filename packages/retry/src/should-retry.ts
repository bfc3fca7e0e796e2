import type { Call, Outcome } from '@steadfetch/core';
import { hasNoRetryLeft } from './decide.ts';
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
  /** `undefined`, and not `null`, if the attempt ended with an error. */
  readonly response?: Response;
  /** `undefined`, and not `null`, if there is a response. */
  readonly error?: unknown;
  /** The `Idempotency-Key` that the call was made with, if it was. */
  readonly idempotencyKey?: string;
}

/** `undefined` leaves the decision to the other rules. */
type Verdict = boolean | undefined | Promise<boolean | undefined>;

/**
 * The option `shouldRetry` as a rule, for errors and for statuses from 400. `test` is called once per attempt: `true` means yes to
 * `when`, `false` means yes to `unless`. It is not called if its answer could not count: `veto` forbids another attempt, or the
 * call cannot be sent again.
 */
export function shouldRetry(test: (failure: Failure) => Verdict, veto: Rule): Rule {
  const answers = new WeakMap<FailedAttempt, Verdict>();
  const verdictIs = async (failure: FailedAttempt, wanted: boolean) => {
    const { call, response, session } = failure;
    if (isGood(response) || !session.repeatable || !call.replayable) return false;
    if (!answers.has(failure)) answers.set(failure, test(asFailure(failure)));
    return (await answers.get(failure)) === wanted && 'predicate';
  };
  return {
    needs: ['elapsed', 'time'],
    when: (failure) => {
      // `test` is not called if no retry is left. If it asked for the last retry, a yes here makes the call give up with `limit`.
      if (hasNoRetryLeft(failure)) return failure.session.lastRetry?.reason === 'predicate' && 'predicate';
      return !veto.unless!(failure) && verdictIs(failure, true);
    },
    unless: (failure) => verdictIs(failure, false),
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
