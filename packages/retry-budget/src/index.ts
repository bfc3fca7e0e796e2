export { type RetryBudgetOptions, retryBudget, retryBudgetOptions } from './retry-budget.ts';
export type { BudgetSnapshot, RetryBudget, RetryKind, RetryPermit, TokenBudget } from './types.ts';
