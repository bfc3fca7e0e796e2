import type { RetryBudget, RetryKind } from '../src/index.ts';

export const KEY = 'https://api.example.com';

export function succeed(budget: RetryBudget, times: number, key = KEY): void {
  for (let n = 0; n < times; n++) budget.record(key, 'success', 1);
}

/** Retries granted to calls of which every attempt fails. */
export function failingCalls(
  budget: RetryBudget,
  calls: number,
  { retries = 2, kind = 'transient' as RetryKind } = {},
): number {
  let granted = 0;
  for (let n = 0; n < calls; n++) {
    for (let attempt = 1; attempt <= retries + 1; attempt++) {
      budget.record(KEY, 'failure', attempt, retries);
      if (attempt > retries || !budget.acquire(KEY, kind)) break;
      granted++;
    }
  }
  return granted;
}
