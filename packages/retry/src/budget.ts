import { type Call, localRefusal, notify } from '@steadfetch/core';
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
import { OWN } from './decide.ts';
import type { FailedAttempt } from './failed-attempt.ts';
import type { Need, Permit, Rule } from './rule.ts';
import { answeredIn } from './session.ts';

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
  /** Ignores what the budget throws, so that a broken budget cannot break a call. */
  const record = (failure: FailedAttempt, outcome: 'success' | 'failure') => {
    const { call, attempt, session } = failure;
    state.failed = true;
    notify(() => budget.record(call.origin, outcome, attempt, session.policy.maxRetries, answeredIn(session)));
  };
  return {
    needs: state.needs,
    beforeCall: (call) => {
      if (state.failed) begin(budget, call);
    },
    // The failure is recorded here and not later: of calls that fail together, each is judged with the failures before it.
    permit: (failure, { source }) => {
      const { call, held, response } = failure;
      if (held) return permitOf(budget, call, 'held');
      if (isToBlame(failure)) record(failure, 'failure');
      else if (response === undefined && isOffline(failure.error)) return FREE;
      const isThrottled = source !== OWN || response?.status === 429;
      const permit = permitOf(budget, call, isThrottled ? 'throttled' : 'transient');
      if (!permit) {
        warnOfSpentBudget(call);
        if (state.needs.length === 0) state.needs.push('elapsed', 'time');
      }
      return permit;
    },
    mayRetry: ({ origin }) => answerOf(() => budget.mayRetry?.(origin)) !== false,
    // a skipped retry takes its time: otherwise a job would go through its items faster, the more of them fail
    hold: (_, { delay }) => delay,
    turn: ({ call }) => (answerOf(() => budget.isBack?.(call.origin)) === true ? TURN : 0),
    afterFailure: (failure, decision) => {
      // where a permit was asked for, it is recorded already
      if (decision.retry || decision.held !== undefined || decision.thrown || !isToBlame(failure)) return;
      const isAnswer = failure.response && decision.stop === undefined && !isLate(failure.call);
      record(failure, isAnswer ? 'success' : 'failure');
    },
    // an attempt that had no answer when its call ended: a timeout that had cut it would have counted as a failure
    afterOutlasted: (failure) => {
      if (failure.sent && !streams(failure.call)) record(failure, 'failure');
    },
    afterSuccess: ({ session, call, attempt }) => {
      const outcome = isLate(call) ? 'failure' : 'success';
      if (!state.failed && outcome === 'success') return budget.record(call.origin, outcome, attempt);
      return budget.record(call.origin, outcome, attempt, session.policy.maxRetries, answeredIn(session));
    },
  };
}

export function isBudget(given: Partial<RetryBudget> | undefined): boolean {
  return typeof given?.acquire === 'function' && typeof given.record === 'function';
}

/** Whether an answer came after the limit of its attempt. It counts as a failure, as if a timeout had cut the attempt. */
function isLate(call: Call): boolean {
  return call.record.outlasted > 0 && !streams(call);
}

/** A held call that waits for its turn asks again after so many milliseconds. */
const TURN = 1_000;

/** For a retry after a request that never left this machine, which was no load for the server. */
const FREE: Permit = { release() {} };

/** What the budget answers; `undefined` where it throws. A rejection is ignored. */
function answerOf(ask: () => boolean | undefined): boolean | undefined {
  try {
    const answer = ask();
    ignoreRejection(answer);
    return answer;
  } catch {
    return undefined;
  }
}

/** Ignores what the budget throws. Not by `notify`: a closure for each call costs more than this. */
function begin(budget: RetryBudget, call: Call): void {
  try {
    ignoreRejection(budget.begin?.(call.origin));
  } catch {}
}

function permitOf(budget: RetryBudget, call: Call, kind: RetryKind): Permit | undefined {
  try {
    const permit = budget.acquire(call.origin, kind);
    if (!isThenable<Permit | undefined>(permit)) return permit;
    notify(async () => (await permit)?.release());
  } catch {}
  return undefined;
}

/**
 * Whether the server can be responsible for a failed attempt. It is not for what was not sent or did not leave this machine,
 * for a body or a mistake of the caller, and for the answer of another server.
 */
function isToBlame({ response, error, call, sent }: FailedAttempt): boolean {
  if (response) return !isElsewhere(response, call);
  return sent && !streams(call) && transientKind(error) !== undefined && !localRefusal(error) && !isOffline(error);
}

/** Whether the body is read while it is sent. When such a call fails, the error does not say whether the server or the body did. */
function streams({ init, replayable }: Call): boolean {
  return !replayable || typeof (init?.body as unknown) === 'function';
}

/** A client that calls hosts made up by others must not fill the console, nor the memory. */
const MAX_SERVERS = 20;
const servers = new Set<string>();

/** Warns once per server that retries are not made, and why: without hooks nothing else would say so. */
function warnOfSpentBudget({ origin: server }: Call): void {
  if (servers.has(server) || servers.size >= MAX_SERVERS) return;
  servers.add(server);
  let more = '';
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    more =
      ', since most requests fail. Retries come back when requests succeed. Calls end with their last outcome, and onGiveUp ' +
      "gets the reason 'budget'. See retryBudget() for larger reserves, or budget: false for none";
  }
  warnOnce(`retry() makes no more retries for ${server} for now: its retry budget is spent${more}`);
}
