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

/** What is known of a budget. Kept for each budget, not for each `retry`: an application may make a `retry` for each request. */
interface BudgetState {
  /** Whether a failure was recorded. Until then `begin` is not called. */
  failed: boolean;
  /** What holding a call needs: the times of its attempts, and no timeout meanwhile. Both cost time, so it is empty until a call is held. */
  readonly needs: Need[];
}

const STATES = new WeakMap<RetryBudget, BudgetState>();

/**
 * Prevents retry storms: each retry needs a permit of the budget, which records every outcome that the server can be
 * responsible for. If the budget throws, or returns a promise, there is no retry.
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
    // The failure is recorded here and not later: of calls that fail together, each is judged with the failures before it.
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
    // a skipped retry takes its time: otherwise a job would go through its items faster, the more of them fail
    holds: true,
    turn: ({ call }) => answerOf(() => budget.isBack?.(call.origin)) === true,
    afterFailure: (failure, decision) => {
      // where a permit was asked for, it is recorded already
      if (decision.reason !== undefined || decision.thrown || !isToBlame(failure)) return;
      const isAnswer = failure.response && decision.stop === undefined && !isLate(failure.call);
      return record(failure, isAnswer ? 'success' : 'failure');
    },
    // an attempt that had no answer when its call ended: a timeout that had cut it would have counted as a failure
    afterOutlasted: (failure) => failure.sent && !streams(failure.call) && record(failure, 'failure'),
    afterSuccess: (success) => record(success, isLate(success.call) ? 'failure' : 'success'),
  };
}

export function isBudget(given: Partial<RetryBudget> | undefined): boolean {
  return typeof given?.acquire === 'function' && typeof given.record === 'function';
}

/** Whether an answer came after the limit of its attempt. It counts as a failure, as if a timeout had cut the attempt. */
function isLate(call: Call): boolean {
  return call.record.outlasted > 0 && !streams(call);
}

/** For a retry after a request that never left this machine, which was no load for the server. */
const FREE: Permit = { release() {} };

/** What the budget answers; `undefined` where it throws or returns a promise, so that a broken budget cannot break a call. */
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
 * Whether the server can be responsible for a failed attempt. It is not for what was not sent or did not leave this machine,
 * for a body or a mistake of the caller, and for the answer of another server.
 */
function isToBlame({ response, error, call, sent }: FailedAttempt): boolean {
  if (response) return !isElsewhere(response, call);
  return sent && !streams(call) && transientKind(error) !== undefined && !localRefusal(error) && !isOffline(error);
}

/**
 * Whether the body is read while it is sent. When such a call fails, the error does not say whether the server or the body did. Of a
 * `Request` this is not known, even if it cannot be sent again: it counts as one whose body was there.
 */
function streams({ init, replayable }: Call): boolean {
  return !!init?.body && (!replayable || typeof (init.body as unknown) === 'function');
}

/** A client that calls hosts made up by others must not fill the console, nor the memory. */
const MAX_SERVERS = 20;
const servers = new Set<string>();

/** Warns once per server that retries are not made, and why: without hooks nothing else would say so. */
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
