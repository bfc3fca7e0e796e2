import { type ManualClock, manualClock } from '@steadfetch/testing';
import { type RetryBudget, type RetryKind, retryBudget, type TokenBudget } from '../src/index.ts';

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

/** Retries granted while calls fail at a steady rate. `sent`: calls that begin for each that fails. */
export async function outage(
  budget: RetryBudget,
  clock: ManualClock,
  { perSecond, seconds, sent = 0 }: { perSecond: number; seconds: number; sent?: number },
): Promise<number> {
  let granted = 0;
  let begun = 0;
  for (let n = 0; n < perSecond * seconds; n++) {
    for (; begun < sent * (n + 1); begun++) budget.begin!(KEY);
    granted += failingCalls(budget, 1);
    await clock.advance(1_000 / perSecond);
  }
  return granted;
}

/** Calls that all succeed, for ten seconds. */
export async function calm(budget: RetryBudget, clock: ManualClock, perSecond: number): Promise<void> {
  for (let second = 0; second < 10; second++) {
    succeed(budget, perSecond);
    await clock.advance(1_000);
  }
}

/** A budget whose reserve is spent: the trouble has lasted for longer than `rideOut`. */
export async function spent(clock: ManualClock): Promise<TokenBudget> {
  const budget = retryBudget({ clock });
  await outage(budget, clock, { perSecond: 100, seconds: 2 });
  return budget;
}

/** A budget that failures have spent, over `outage` milliseconds. */
export async function spentFor(outage: number) {
  const clock = manualClock();
  const budget = retryBudget({ clock });
  budget.record(KEY, 'failure', 1);
  for (let i = 0; i < 25; i++) {
    await clock.advance(outage / 25);
    budget.record(KEY, 'failure', 1);
  }
  const answer = (attempt: number) => budget.record(KEY, 'success', attempt);
  const fail = (attempt: number) => budget.record(KEY, 'failure', attempt);
  /** How many held calls are allowed at once. */
  const allowed = () => {
    let count = 0;
    while (budget.acquire(KEY, 'held')) count++;
    return count;
  };
  return { budget, clock, answer, fail, allowed };
}
