import type { Clock } from '@steadfetch/core';
import type { RetryBudget } from './types.ts';

/** Options of `retryBudget`. */
export interface RetryBudgetOptions {
  clock?: Clock;
}

/** A budget for retries. */
export function retryBudget(_options: RetryBudgetOptions = {}): RetryBudget {
  return { acquire: () => ({ release: () => {} }), record: () => {} };
}
