import { type Call, notify } from '@steadfetch/core';
import type { RetryBudget, RetryKind, RetryPermit } from '@steadfetch/retry-budget';
import type { Failure } from './failure.ts';
import { warnOfSpentBudget } from './spent-budget.ts';

/** Tells the budget of an attempt. One that fails, because its store is gone, must not cost the caller a good answer. */
export function recordIn(
  budget: RetryBudget | undefined,
  call: Call,
  outcome: 'success' | 'failure',
  attempt: number,
): void {
  if (budget === undefined) return;
  try {
    const answer: unknown = budget.record(call.origin, outcome, attempt);
    if (answer !== undefined) notify((late) => late, answer);
  } catch {}
}

/**
 * The right to one retry, after a failure that the budget is told of in the same breath: of calls that fail together,
 * none is promised a retry before the failures before it are known. A budget that throws gives none: without a brake it is safer not to drive. Nor does one that
 * answers later: what it gave then goes back.
 */
export function acquireFrom(
  budget: RetryBudget,
  { call, attempt }: Failure,
  kind: RetryKind,
  blamed: boolean,
): RetryPermit | undefined {
  if (blamed) recordIn(budget, call, 'failure', attempt);
  const permit = permitFrom(budget, call, kind);
  if (!permit) warnOfSpentBudget(call);
  return permit;
}

function permitFrom(budget: RetryBudget, call: Call, kind: RetryKind): RetryPermit | undefined {
  try {
    const permit = budget.acquire(call.origin, kind);
    if (!isThenable(permit)) return permit;
    notify(async () => (await permit)?.release(), undefined);
  } catch {}
  return undefined;
}

/** Gives the right back. */
export function releaseTo(permit: RetryPermit | undefined): void {
  notify(() => permit?.release(), undefined);
}

function isThenable(value: unknown): boolean {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
