import { type Account, type BudgetSettings, reserveOf } from './account.ts';
import type { BudgetSnapshot } from './types.ts';

/** The state of an account at this time, in numbers and words. */
export function snapshotOf(account: Account, settings: BudgetSettings, now: number): BudgetSnapshot {
  const { spent, since } = account;
  const reserve = reserveOf(account, settings);
  const left = Math.max(0, reserve - spent);
  const failingFor = since === undefined ? undefined : now - since;
  const state = left === 0 ? 'spent' : failingFor === undefined ? 'ready' : 'trouble';
  return { state, reserve, left, failingFor, why: WHY[state] };
}

const WHY = {
  ready: 'no failure is unpaid: retries are allowed',
  trouble: 'requests have failed, and the reserve is not spent yet: retries are allowed',
  spent:
    'more requests failed than the reserve and the successes pay for: no retries until some succeed or time passes',
} as const;
