import { type Call, localRefusal } from '@steadfetch/core';
import {
  ignoreRejection,
  isDevelopment,
  isElsewhere,
  isOffline,
  isThenable,
  optionError,
  transientKind,
  warnOnce,
} from '@steadfetch/core/kit';
import type { RetryBudget, RetryKind } from '@steadfetch/retry-budget';
import { BACKOFF } from './decide.ts';
import type { FailedAttempt, GoodAttempt } from './failed-attempt.ts';
import type { Need, Permit, Rule } from './rule.ts';
import { tookOf } from './session.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** What `retry` remembers about a budget. It is kept per budget, since an application may make a new `retry` for each request. */
interface BudgetState {
  /** Whether a failure was recorded. Until then `begin` is not called. */
  failed: boolean;
  /** Needs of held calls: the times of their attempts, and no timeout meanwhile. Both cost time, so the list is empty until a call is held. */
  readonly needs: Need[];
}

const STATES = new WeakMap<RetryBudget, BudgetState>();

/**
 * Prevents retry storms: each retry needs a permit of the budget. The budget records every outcome that the server may be responsible
 * for. If it throws or returns a promise, there is no retry.
 */
export function budget(budget: RetryBudget): Rule {
  if (!isBudget(budget)) throw optionError('budget', 'a retryBudget()', budget);
  const state = STATES.get(budget) ?? { failed: false, needs: [] };
  STATES.set(budget, state);
  const record = ({ call, attempt, session }: FailedAttempt | GoodAttempt, outcome: 'success' | 'failure') => {
    if (outcome === 'failure') state.failed = true;
    if (!state.failed) return budget.record(call.origin, outcome, attempt);
    return budget.record(call.origin, outcome, attempt, session.policy.maxRetries, tookOf(session));
  };
  const permitFor = (call: Call, kind: RetryKind) => answerOf(() => budget.acquire(call.origin, kind));
  return {
    needs: state.needs,
    beforeCall: (call) => {
      if (state.failed) answerOf(() => budget.begin?.(call.origin));
    },
    // Record the failure before asking for the permit. If calls fail together, the budget then decides on each with all earlier failures.
    permit: (failure, { source }) => {
      const { call, held, response } = failure;
      if (held) return permitFor(call, 'held');
      if (isToBlame(failure)) answerOf(() => record(failure, 'failure'));
      else if (response === undefined && isOffline(failure.error)) return FREE;
      const isThrottled = source !== BACKOFF || response?.status === 429;
      const permit = permitFor(call, isThrottled ? 'throttled' : 'transient');
      if (!permit) {
        warnOfSpentBudget(call);
        if (state.needs.length === 0) state.needs.push('elapsed', 'time');
      }
      return permit;
    },
    mayRetry: ({ origin }) => answerOf(() => budget.mayRetry?.(origin)) !== false,
    // a skipped retry takes as long as a sent one: otherwise a job would run through its items faster, the more of them fail
    holds: true,
    turn: ({ call }) => answerOf(() => budget.isBack?.(call.origin)) === true,
    afterFailure: (failure, decision) => {
      // if `permit` was called, it recorded the failure
      if (decision.reason !== undefined || decision.thrown || !isToBlame(failure)) return;
      const isAnswer = failure.response && decision.stop === undefined && !isLate(failure.call);
      return record(failure, isAnswer ? 'success' : 'failure');
    },
    // the call ended before its attempt, which was past its timeout, had an answer: it fails as if the timeout had cut it
    afterOutlasted: (failure) => failure.sent && !streams(failure.call) && record(failure, 'failure'),
    afterSuccess: (success) => record(success, isLate(success.call) ? 'failure' : 'success'),
  };
}

export function isBudget(given: Partial<RetryBudget> | undefined): boolean {
  return typeof given?.acquire === 'function' && typeof given.record === 'function';
}

/** Whether an answer came after the timeout of its attempt, which did not cut it. It counts as a failure, as if it had been cut. */
function isLate(call: Call): boolean {
  return call.record.outlasted > 0 && !streams(call);
}

/** The permit for a retry of a request that never left this machine: it was no load for the server. */
const FREE: Permit = { release() {} };

/** What the budget returns; `undefined` if it throws or returns a promise, so that a broken budget cannot break a call. */
function answerOf<T>(ask: () => T): T | undefined {
  try {
    const answer = ask();
    ignoreRejection(answer);
    return isThenable(answer) ? undefined : answer;
  } catch {
    return undefined;
  }
}

/**
 * Whether the server may be responsible for a failed attempt. It is not if the request was not sent or did not leave this machine, if the
 * caller's body or code may be at fault, or if another server answered.
 */
function isToBlame({ response, error, call, sent }: FailedAttempt): boolean {
  if (response) return !isElsewhere(response, call);
  return sent && !streams(call) && transientKind(error) !== undefined && !localRefusal(error) && !isOffline(error);
}

/**
 * Whether the body is read while it is sent. If such a call fails, the server or the body may be at fault. The body of a `Request` does
 * not show this, so it counts as read before, even if it cannot be sent again.
 */
function streams({ init, replayable }: Call): boolean {
  return !!init?.body && (!replayable || typeof (init.body as unknown) === 'function');
}

/** Warn for at most 20 servers: if others choose the hosts, the warnings must not fill the console or the memory. */
const MAX_SERVERS = 20;
const servers = new Set<string>();

/** Warns once per server that no retries are made, and why. Without hooks nothing else shows this. */
function warnOfSpentBudget({ origin: server }: Call): void {
  if (servers.size >= MAX_SERVERS) return;
  servers.add(server);
  let more = '';
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    more =
      ', since most requests fail. Retries come back when requests succeed. Calls end with their last outcome, and onGiveUp ' +
      "gets the reason 'budget'. See retryBudget() for larger reserves, or budget: false for none";
  }
  warnOnce(`retry() makes no more retries for ${server} for now: its retry budget is spent${more}`);
}
