import { type Account, type BudgetSettings, reserveOf } from './account.ts';
import type { BudgetSnapshot } from './types.ts';

export function snapshotOf(account: Account, settings: BudgetSettings, now: number): BudgetSnapshot {
  const { spent, since } = account;
  const reserve = reserveOf(account, settings);
  const left = Math.max(0, reserve - spent);
  const failingFor = since === undefined ? undefined : now - since;
  const state = left === 0 ? 'spent' : failingFor === undefined ? 'ready' : 'trouble';
  return { state, reserve, left, failingFor };
}
