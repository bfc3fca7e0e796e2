import { type Clock, monotonic, type PerKey, perKey, systemClock } from '@steadfetch/core';
import type { BudgetSettings } from './account.ts';
import { Bucket } from './bucket.ts';
import type { RetryBudget } from './types.ts';

/** The default options. They were measured (docs/decisions/0080). */
export const DEFAULTS = { deposit: 1.25, floor: 6, credit: 20, rideOut: 350, perSecond: 0.2, maxKeys: 1_000 } as const;

/** The budget that `retry` makes for itself: `retryBudget({ clock })` without `snapshot` and `reset`. */
export function defaultBudget(clock: Clock = systemClock): RetryBudget {
  const now = monotonic(clock);
  return budgetOf(bucketsOf(DEFAULTS, now, DEFAULTS.maxKeys), now);
}

export function bucketsOf(settings: BudgetSettings, now: () => number, maxKeys: number): PerKey<Bucket> {
  return perKey(() => new Bucket(settings, now()), { maxKeys });
}

export function budgetOf(bucketOf: PerKey<Bucket>, now: () => number): RetryBudget {
  return {
    acquire: (key, kind) => bucketOf(key).acquire(kind, now()),
    isBack: (key) => bucketOf(key).isBack(now()),
    mayRetry: (key) => bucketOf(key).mayRetry(now()),
    begin: (key) => bucketOf(key).begin(now),
    record: (key, outcome, attempt, retries, took) => {
      const bucket = bucketOf(key);
      if (outcome === 'success') bucket.succeed(now, attempt, took);
      else bucket.fail(now(), attempt, retries, took);
    },
  };
}
