export { type RetryBudgetOptions, retryBudget } from './retry-budget.ts';
export type { BudgetSnapshot, Lease, RetryBudget, RetryKind, TokenBudget } from './types.ts';
