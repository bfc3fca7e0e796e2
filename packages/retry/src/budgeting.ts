import type { Call } from '@steadfetch/core';
import type { Lease, RetryBudget, RetryKind } from '@steadfetch/retry-budget';

/** Tells the budget of an attempt. One that throws, because its store is gone, must not cost the caller a good answer. */
export function recordIn(budget: RetryBudget | undefined, call: Call, outcome: 'success' | 'failure'): void {
  if (budget === undefined) return;
  try {
    budget.record(call.origin, outcome);
  } catch {}
}

/** The right to one retry. A budget that throws gives none: without a brake it is safer not to drive. */
export function acquireFrom(budget: RetryBudget, call: Call, kind: RetryKind): Lease | undefined {
  try {
    return budget.acquire(call.origin, kind);
  } catch {
    return undefined;
  }
}
