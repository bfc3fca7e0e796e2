// The files of this package, in the order in which to read them:
//
//   rule.ts             the questions that a rule answers, and the decision that follows
//   failed-attempt.ts   what a rule is asked about
//   policy.ts           one policy of all rules, with the answers that they give before any attempt fails
//   session.ts          what the attempts of one call share
//   retry.ts            sends the attempts, in the loop of p-retry
//     override.ts         the options of one call
//     sent-call.ts        whether the call can be sent twice, and what each attempt sends
//   prepare-retry.ts    what follows a failed attempt, step by step:
//     decide.ts           asks the rules whether to send the call again, and after which wait
//     permits.ts          takes the permits for the retry
//     hold.ts             holds a call that got no permit
//     report.ts           records the attempt, and notifies the rules
//     wait.ts             waits until the next attempt is due
//   preset.ts           makes rules of the options of `retry` (options.ts): rules of rules.ts, server-hints.ts,
//                       should-retry.ts, budget.ts and hooks.ts
//   development.ts      checks and warnings that a production build leaves out
//   engine.ts           what ky's own loop uses

import {
  type Call,
  defineMiddleware,
  type Middleware,
  type Next,
  type Outcome,
  throwIfAborted,
  unwrap,
} from '@steadfetch/core';
import { releaseBody } from '@steadfetch/core/kit';
import pRetry, { type Options } from 'p-retry';
import { checkRules, checkRuntime, layer, warnOfNesting } from './development.ts';
import { FailedAttempt } from './failed-attempt.ts';
import type { RetryOptions } from './options.ts';
import { takeOverride } from './override.ts';
import { isJudged, type Policy, policyOf } from './policy.ts';
import { prepareRetry } from './prepare-retry.ts';
import { presetOf, retryOptions } from './preset.ts';
import { recordSuccess } from './report.ts';
import type { Rule } from './rule.ts';
import { RETRY_AFTER } from './rules.ts';
import { callToSend, isRepeatable, releaseClone, withFixedBody } from './sent-call.ts';
import { type Session, startSession } from './session.ts';

/**
 * Repeats a request while its outcome looks transient. It is `retryWith` with the rules that most clients need, as options.
 *
 * Between attempts it waits for its backoff, or as long as the server asks if that is longer. It gives up if the server asks for
 * more than `maxDelay`, or if the wait would pass the deadline of an outer `timeout`. When it stops, the caller gets the last
 * outcome as `fetch` would have given it: the response unread, or the error itself.
 *
 * Repeats only requests that are safe to send twice: by method (RFC 9110 §9.2.2), by an `Idempotency-Key`, or by
 * declaration. A stream in `init` is sent once, unless it comes from a `bodyFactory`.
 *
 * @throws the caller's abort reason, also while waiting; the error of `shouldRetry`, `inspect` or `delay`
 * @example const fetchUser = compose(retry({ maxRetries: 3 }), timeout(10_000))(fetch);
 */
export function retry(options?: RetryOptions): Middleware {
  const { policy, policyFor } = presetOf(options);
  return retryBy(policy, policyFor, Object.keys(retryOptions));
}

/**
 * Repeats a request by the rules that are listed.
 *
 * Whatever the rules say: an abort ends the call with the caller's reason; a body that was used is not sent again; and at the
 * end the caller gets what `fetch` would have given, the last response unread or the last error itself.
 *
 * Unless a rule says otherwise: a request that is neither idempotent nor carries an `Idempotency-Key` is sent once
 * (`evenIfNotIdempotent`, `onlyMethods`), and a `Retry-After` is waited for (`ignoreRetryAfter`).
 *
 * @throws a `TypeError` or `RangeError` for a value that is not a rule
 * @example compose(retryWith(maxRetries(3), onStatus(...TRANSIENT), onNetworkError()), timeout(10_000))(fetch)
 */
export function retryWith(...rules: Rule[]): Middleware {
  checkRules(rules);
  const isRetryAfterRead = rules.some(({ readsRetryAfter }) => readsRetryAfter);
  return retryBy(policyOf(isRetryAfterRead ? rules : [...rules, RETRY_AFTER]), () => {
    throw new TypeError('retryWith: init.retry: expected false, since there are no options to override');
  });
}

/**
 * The middleware behind `retry` and `retryWith`. A call may bring its own options in `init.retry`. `policyFor` makes a policy of
 * them. `names` are our option names: options with other names belong to another library.
 */
function retryBy(policy: Policy, policyFor: (override: unknown) => Policy, names: readonly string[] = []): Middleware {
  checkRuntime();
  // p-retry accepts only errors. Beside the class this line would keep bundlers from leaving the class out.
  Object.setPrototypeOf(FailedAttempt.prototype, Error.prototype);
  return defineMiddleware((given, next) => {
    const taken = takeOverride(given, names);
    const call = taken ? taken.call : given;
    if (call.retried) {
      warnOfNesting(call);
      return next(call);
    }
    if (taken?.override === false) return next(call.with({ retried: 'off' }));
    return repeat(call, next, taken?.override === undefined ? policy : policyFor(taken.override));
  }, layer());
}

/** Sends the first attempt without p-retry. If it fails, `recover` takes over. */
function repeat(given: Call, next: Next, policy: Policy): Promise<Response> {
  throwIfAborted(given.signal);
  const repeatable = isRepeatable(given, policy);
  const call = repeatable && policy.maxRetries > 0 ? withFixedBody(given) : given;
  const session = startSession(call, policy, repeatable, policy.needsElapsed() ? policy.clock.now() : undefined);
  return sendAttempt(session, 1, next, recover);
}

type WhenFailed = (failure: FailedAttempt, next: Next) => Promise<Response>;

/** Sends the call once. Returns a good response; or what `whenFailed` returns, after a failure or for a response that a rule inspects. */
function sendAttempt(session: Session, n: number, next: Next, whenFailed: WhenFailed): Promise<Response> {
  const { call, policy } = session;
  const toSend = callToSend(session, n);
  const { sends: sendsBefore } = call.record;
  return Promise.resolve(next(toSend)).then(
    (response) => {
      if (isJudged(response, policy)) {
        return whenFailed(endAttempt(session, toSend, { response, failed: false }, sendsBefore), next);
      }
      recordSuccess(session, n, response);
      if (toSend.input !== call.input) releaseBody(call); // a clone was sent: the original is no longer needed
      if (call.record.sends === sendsBefore) releaseClone(toSend, call); // nothing was sent: a cache inside answered, for instance
      return response;
    },
    (error) => whenFailed(endAttempt(session, toSend, { error, failed: true }, sendsBefore), next),
  );
}

/** Releases the clone that the attempt did not send, and returns the attempt with its outcome. */
function endAttempt(session: Session, toSend: Call, outcome: Outcome, sendsBefore: number): FailedAttempt {
  const { call } = session;
  releaseClone(toSend, call);
  return new FailedAttempt(session, toSend.attempt, outcome, call.record.sends > sendsBefore);
}

/**
 * Retries after a failed first attempt. p-retry drives the loop: each failed attempt is thrown to it, and it calls `prepareRetry`.
 * For the first attempt, `prepareRetry` is called here, outside of p-retry: most waiting calls are in their first wait, and
 * inside p-retry each would hold twice the memory.
 */
async function recover(first: FailedAttempt, next: Next): Promise<Response> {
  const { session } = first;
  let last = first;
  try {
    if (await prepareRetry(first)) return await pRetry((n) => sendAttempt(session, n + 1, next, throwIt), LOOP);
  } catch (thrown) {
    if (!(thrown instanceof FailedAttempt)) throw thrown;
    last = thrown;
  } finally {
    releaseBody(session.call);
  }
  // outside of `try`: `instanceof` in the `catch` may itself throw for an odd error of the caller, such as a proxy
  return unwrap(last.outcome!);
}

/** p-retry repeats while `prepareRetry` returns `true`. It adds no wait of its own: `prepareRetry` waits. */
const LOOP: Options = {
  retries: Infinity,
  minTimeout: 0,
  shouldRetry: ({ error }) => prepareRetry(error as unknown as FailedAttempt),
};

function throwIt(failure: FailedAttempt): never {
  throw failure;
}
