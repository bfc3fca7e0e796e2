import {
  abortReason,
  type Call,
  type CallOptions,
  defineMiddleware,
  discard,
  type Middleware,
  type Next,
  type Outcome,
  releaseBody,
  settle,
  unwrap,
  warnOnce,
} from '@steadfetch/core';
import pRetry from 'p-retry';
import { recordIn } from './budgeting.ts';
import type { RetryOptions } from './options.ts';
import { copyOf, policyFor } from './override.ts';
import { type Policy, resolvePolicy } from './policy.ts';
import { attemptOf, releaseCopy } from './replay.ts';
import { Series } from './series.ts';

/**
 * Repeats a request while its outcome looks transient.
 *
 * Waits between attempts: the larger of its own delay and the one the server asks for, and gives up rather than wait
 * longer than `maxDelay` or past the deadline of an outer `timeout`. When it stops, the caller gets the last outcome as
 * `fetch` would have given it: the response unread, or the error itself.
 *
 * Only requests that can be repeated without harm are: by method (RFC 9110 §9.2.2), by an `Idempotency-Key`, or when the
 * error proves that nothing was sent. A stream is sent once, unless it comes from a `bodyFactory`.
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
  }, 'retry');
}

function attemptFirst(call: Call, next: Next, policy: Policy): Promise<Response> {
  if (call.signal?.aborted) {
    releaseBody(call);
    throw abortReason(call.signal);
  }
  const startedAt = policy.timed ? policy.clock.now() : undefined;
  const attempt = attemptOf(call, 1, policy);
  const judge = (outcome: Outcome) => {
    releaseCopy(attempt, call);
    return recover(new Series(call, policy, startedAt), outcome, next).finally(() => releaseBody(call));
  };
  return Promise.resolve(next(attempt)).then(
    (response) => {
      if (response.status >= 400 || policy.inspect || call.record.history !== undefined)
        return judge({ response, failed: false });
      recordIn(policy.budget, call, 'success');
      if (attempt.input !== call.input) releaseBody(call);
      return response;
    },
    (error) => judge({ error, failed: true }),
  );
}

/** p-retry drives the loop; the series decides, and keeps the time. */
async function recover(series: Series, first: Outcome, next: Next): Promise<Response> {
  const { call, policy } = series;
  const send = async (n: number) => {
    const attempt = attemptOf(call, n, policy);
    try {
      return await next(attempt);
    } finally {
      releaseCopy(attempt, call);
    }
  };
  let latest = first;
  const attempt = async (n: number) => {
    if (n > 1) latest = await settle(send(n));
    if (needsJudging(latest, policy)) throw new FailedAttempt();
    series.succeeded(latest);
  };
  const shouldRetry = async () => {
    const decision = await series.failed(latest);
    if (!decision.retry) return false;
    if (latest.response) discard(latest.response);
    await series.wait(decision, latest);
    return true;
  };
  try {
    await pRetry(attempt, { retries: Infinity, minTimeout: 0, shouldRetry });
  } catch (error) {
    if (!(error instanceof FailedAttempt)) {
      if (latest.response) discard(latest.response);
      throw error;
    }
  }
  return unwrap(latest);
}

function needsJudging({ failed, response }: Outcome, { inspect }: Policy): boolean {
  return failed || response.status >= 400 || inspect !== undefined;
}

/** What p-retry is told: that an attempt may have failed. The outcome itself never passes through it. */
class FailedAttempt extends Error {}
