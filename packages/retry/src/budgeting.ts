import { type Call, notify } from '@steadfetch/core';
import type { Lease, RetryBudget, RetryKind } from '@steadfetch/retry-budget';

/** Tells the budget of an attempt. One that fails, because its store is gone, must not cost the caller a good answer. */
export function recordIn(budget: RetryBudget | undefined, call: Call, outcome: 'success' | 'failure'): void {
  if (budget === undefined) return;
  try {
    const answer: unknown = budget.record(call.origin, outcome);
    if (answer !== undefined) notify((late) => late, answer);
  } catch {}
}

/**
 * The right to one retry. A budget that throws gives none: without a brake it is safer not to drive. Nor does one that
 * answers later: what it gave then goes back.
 */
export function acquireFrom(budget: RetryBudget, call: Call, kind: RetryKind): Lease | undefined {
  try {
    const lease = budget.acquire(call.origin, kind);
    if (!isThenable(lease)) return lease;
    notify(async () => (await lease)?.release(), undefined);
  } catch {}
  return undefined;
}

/** Gives the right back. */
export function releaseTo(lease: Lease | undefined): void {
  notify(() => lease?.release(), undefined);
}

function isThenable(value: unknown): boolean {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
