import {
  abortReason,
  type Call,
  defineMiddleware,
  type Layer,
  type Middleware,
  type Next,
  type Outcome,
  settle,
  unwrap,
} from '@steadfetch/core';
import { releaseBody, warnOnce } from '@steadfetch/core/kit';
import pRetry from 'p-retry';
import { again, succeed, tellSuccess } from './again.ts';
import {
  attemptOf,
  FailedAttempt,
  isRepeatable,
  releaseCopy,
  type Session,
  startSession,
  withSteadyBody,
} from './attempt.ts';
import { takeOverride } from './override.ts';
import { checkRules, type Policy, policyOf } from './policy.ts';
import type { Rule } from './rule.ts';
import { DEFAULTS } from './wait.ts';

declare const process: { readonly env?: { readonly NODE_ENV?: string } } | undefined;

/**
 * Repeats a request by rules.
 *
 * Whatever the rules say: an abort ends the call with the caller's reason; a request that is neither idempotent nor carries
 * an `Idempotency-Key`, and a body that is gone, are not sent again; a `Retry-After` is waited for; and at the end the caller
 * has what `fetch` would have given, the last response unread or the last error itself.
 *
 * @throws a `TypeError` or `RangeError` for what is no rule
 * @example compose(retryWith(maxRetries(3), onStatus(...TRANSIENT), onNetworkError()), timeout(2_000))(fetch)
 */
export function retryWith(...rules: Rule[]): Middleware {
  if (typeof process !== 'undefined' && process.env && process.env.NODE_ENV !== 'production') checkRules(rules);
  return retryBy(policyOf(rules, DEFAULTS), () => {
    throw new TypeError('retryWith: init.retry: expected false, since there are no options to override');
  });
}

/**
 * The middleware behind `retry` and `retryWith`. A call may bring its own options, in `init.retry`: `policyFor` makes a policy
 * of them, and `names` are the option names by which they are recognised as ours.
 */
export function retryBy(
  policy: Policy,
  policyFor: (override: unknown) => Policy,
  names: readonly string[] = [],
): Middleware {
  if (typeof process !== 'undefined' && process.env && process.env.NODE_ENV !== 'production') checkRuntime();
  return defineMiddleware((call, next) => {
    const { override, stripped } = takeOverride(call, names);
    if (call.retried) {
      if (call.retried !== 'off') warnOfNesting();
      return next(stripped);
    }
    if (override === false) return next(stripped.with({ retried: 'off' }));
    return attemptFirst(stripped, next, override === undefined ? policy : policyFor(override));
  }, layer());
}

function layer(): Layer {
  const name = 'retry';
  if (typeof process !== 'undefined' && process.env && process.env.NODE_ENV !== 'production') {
    return {
      name,
      mustBeInside: [['idempotencyKey', 'each attempt gets a key of its own, so that a repetition is not recognised']],
    };
  }
  return { name };
}

function checkRuntime(): void {
  if (typeof globalThis.performance?.now === 'function') return;
  throw new TypeError('retry: this runtime has no performance.now(), which p-retry needs: define it before');
}

function warnOfNesting(): void {
  if (typeof process !== 'undefined' && process.env && process.env.NODE_ENV !== 'production')
    warnOnce('a retry() inside another retry() passes calls through: the outer one retries them');
}

/** The first attempt goes straight through; a session begins when it fails. */
function attemptFirst(given: Call, next: Next, policy: Policy): Promise<Response> {
  const { signal } = given;
  if (signal?.aborted) {
    releaseBody(given);
    throw abortReason(signal);
  }
  const repeatable = isRepeatable(given, policy);
  const call = repeatable && policy.maxRetries > 0 ? withSteadyBody(given) : given;
  const startedAt = policy.timed ? policy.clock.now() : undefined;
  const attempt = attemptOf(call, 1, policy, repeatable);
  const { sends } = call.record;
  const failed = (outcome: Outcome) => {
    const session = startSession(call, policy, repeatable, startedAt);
    return recover(failureOf(attempt, session, outcome, sends), next);
  };
  return Promise.resolve(next(attempt)).then(
    (response) => {
      if (response.status >= 400 || policy.inspects) return failed({ response, failed: false });
      // a layer inside has sent it again
      if (call.record.history) succeed(startSession(call, policy, repeatable, startedAt), 1, response);
      else tellSuccess(policy, { call, attempt: 1, response });
      if (attempt.input !== call.input) releaseBody(call);
      return response;
    },
    (error) => failed({ error, failed: true }),
  );
}

function failureOf(attempt: Call, session: Session, outcome: Outcome, sends: number): FailedAttempt {
  const { call } = session;
  releaseCopy(attempt, call);
  return new FailedAttempt(session, attempt.attempt, outcome, call.record.sends > sends);
}

/** p-retry drives the loop: each failed attempt is thrown to it, and `again` decides and waits. */
async function recover(first: FailedAttempt, next: Next): Promise<Response> {
  const { session } = first;
  let last = first;
  try {
    if (await again(first)) {
      return await pRetry((n) => sendAgain(session, n + 1, next), {
        retries: Infinity,
        minTimeout: 0,
        shouldRetry: ({ error }) => again(error as unknown as FailedAttempt),
      });
    }
  } catch (thrown) {
    if (!(thrown instanceof FailedAttempt)) throw thrown;
    last = thrown;
  } finally {
    releaseBody(session.call);
  }
  return unwrap(last.outcome!);
}

/** One more attempt: its good response, or it is thrown as failed. */
async function sendAgain(session: Session, n: number, next: Next): Promise<Response> {
  const { call, policy, repeatable } = session;
  const { sends } = call.record;
  const attempt = attemptOf(call, n, policy, repeatable);
  const outcome = await settle(Promise.resolve(next(attempt)));
  if (outcome.failed || outcome.response.status >= 400 || policy.inspects) {
    throw failureOf(attempt, session, outcome, sends);
  }
  releaseCopy(attempt, call);
  succeed(session, n, outcome.response);
  return outcome.response;
}
