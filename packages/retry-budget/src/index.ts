export { type RetryBudgetOptions, retryBudget } from './retry-budget.ts';
export type { Lease, RetryBudget, RetryKind } from './types.ts';
