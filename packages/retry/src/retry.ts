import {
  abortReason,
  type Call,
  type CallOptions,
  defineMiddleware,
  discard,
  type Layer,
  type Middleware,
  type Next,
  type Outcome,
  settle,
  unwrap,
} from '@steadfetch/core';
import { releaseBody, warnOnce } from '@steadfetch/core/kit';
import pRetry from 'p-retry';
import { isElsewhere } from './blame.ts';
import { recordIn } from './budgeting.ts';
import { isRepeatable } from './idempotent.ts';
import { keepAnswer } from './last-answer.ts';
import type { RetryOptions } from './options.ts';
import { copyOf, policyFor } from './override.ts';
import { type Policy, resolvePolicy } from './policy.ts';
import { attemptOf, releaseCopy, withSteadyBody } from './replay.ts';
import { Series } from './series.ts';

/**
 * Repeats a request while its outcome looks transient.
 *
 * Waits between attempts: the larger of its own delay and the one the server asks for, and gives up rather than wait
 * longer for the server than `maxDelay`, or past the deadline of an outer `timeout`. When it stops, the caller gets the last outcome as
 * `fetch` would have given it: the response unread, or the error itself.
 *
 * Only requests that can be repeated without harm are: by method (RFC 9110 §9.2.2), by an `Idempotency-Key`, or by
 * declaration. A stream in `init` is sent once, unless it comes from a `bodyFactory`.
 *
 * @throws the caller's abort reason, also while waiting; what `shouldRetry` or `inspect` throws
 * @example const fetchUser = compose(retry({ maxRetries: 3 }), timeout(2_000))(fetch);
 */
export function retry(given: RetryOptions = {}): Middleware {
  const policy = resolvePolicy(given);
  const options = copyOf(given);
  return defineMiddleware((call, next) => {
    const overridden = call.init !== undefined && 'retry' in call.init;
    if (!overridden && !call.retried) return attemptFirst(call, next, policy);
    const { retry: override, ...init } = (call.init ?? {}) as RequestInit & CallOptions;
    const stripped = overridden ? call.with({ init }) : call;
    if (call.retried === true || call.retried === 'last') {
      warnOnce('a retry() inside another retry() passes calls through: the outer one retries them');
    }
    if (call.retried) return next(stripped);
    if (override === false) return next(stripped.with({ retried: 'off' }));
    return attemptFirst(stripped, next, policyFor(override, options, policy));
  }, layer());
}

function attemptFirst(given: Call, next: Next, policy: Policy): Promise<Response> {
  if (given.signal?.aborted) {
    releaseBody(given);
    throw abortReason(given.signal);
  }
  const repeatable = isRepeatable(given, policy);
  const call = repeatable && policy.limits.total > 0 ? withSteadyBody(given) : given;
  const startedAt = policy.timed ? policy.clock.now() : undefined;
  const attempt = attemptOf(call, 1, policy, repeatable);
  const { sends } = call.record;
  const judge = (outcome: Outcome) => {
    releaseCopy(attempt, call);
    const series = new Series(call, policy, startedAt, repeatable);
    const again = (n: number) => tryOnce(call, attemptOf(call, n, policy, repeatable), next);
    return recover(series, { outcome, sent: call.record.sends > sends }, again).finally(() => releaseBody(call));
  };
  return Promise.resolve(next(attempt)).then(
    (response) => {
      if (response.status >= 400 || policy.inspect || call.record.history !== undefined)
        return judge({ response, failed: false });
      if (!isElsewhere(response, call)) recordIn(policy.budget, call, 'success', 1);
      if (attempt.input !== call.input) releaseBody(call);
      return response;
    },
    (error) => judge({ error, failed: true }),
  );
}

interface Tried {
  readonly outcome: Outcome;
  /** Whether a plain fetch was called. */
  readonly sent: boolean;
}

/** Sends an attempt, and frees what nothing inside has sent. */
async function tryOnce(call: Call, attempt: Call, next: Next): Promise<Tried> {
  const { sends } = call.record;
  const outcome = await settle(Promise.resolve().then(() => next(attempt)));
  releaseCopy(attempt, call);
  return { outcome, sent: call.record.sends > sends };
}

/** p-retry drives the loop; the series decides, and keeps the time. */
async function recover(series: Series, first: Tried, again: (n: number) => Promise<Tried>): Promise<Response> {
  const { policy } = series;
  let { outcome, sent } = first;
  const attempt = async (n: number) => {
    if (n > 1) ({ outcome, sent } = await again(n));
    if (needsJudging(outcome, policy)) throw new FailedAttempt();
    series.succeeded(outcome);
  };
  const shouldRetry = async () => {
    const decision = await series.failed(outcome, sent);
    if (!decision.retry) return false;
    letGo(outcome, series);
    await series.wait(decision, outcome);
    return true;
  };
  try {
    await pRetry(attempt, { retries: Infinity, minTimeout: 0, shouldRetry });
  } catch (error) {
    if (!(error instanceof FailedAttempt)) {
      if (outcome.response) discard(outcome.response);
      throw error;
    }
  }
  return unwrap(outcome);
}

function letGo({ response }: Outcome, { call, policy }: Series): void {
  if (!response) return;
  keepAnswer(call, response, policy);
  discard(response);
}

function needsJudging({ failed, response }: Outcome, { inspect }: Policy): boolean {
  return failed || response.status >= 400 || inspect !== undefined;
}

/** What p-retry is told: that an attempt may have failed. The outcome itself never passes through it. */
class FailedAttempt extends Error {}

declare const process: { readonly env?: { readonly NODE_ENV?: string } } | undefined;

/** The rule is for developers: its text is not part of a production bundle. */
function layer(): Layer {
  const own: Layer = { name: 'retry' };
  if (typeof process !== 'undefined' && process.env && process.env.NODE_ENV !== 'production') {
    own.mustBeInside = [
      ['idempotencyKey', 'each attempt gets a key of its own, so that a repetition is not recognised'],
    ];
  }
  return own;
}
