import { type Clock, monotonic, systemClock } from '@steadfetch/core';
import { checkMembers, checkMs, checkNumber, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { bucketsOf, budgetOf, DEFAULTS } from './default-budget.ts';
import { snapshotOf } from './snapshot.ts';
import type { TokenBudget } from './types.ts';

/** Options of `retryBudget`. The defaults were measured. A token pays for one retry that fails. */
export interface RetryBudgetOptions {
  /**
   * Tokens that a success pays back, from 0 to 10. Below 0.6 a client runs out of tokens if half of its attempts fail.
   * @default 1.25
   */
  deposit?: number;
  /** Tokens of reserve that every client has. @default 6 */
  floor?: number;
  /**
   * Tokens of reserve for a server that is new or rarely called. At least `floor`.
   * @default 20, or `floor` if that is more
   */
  credit?: number;
  /**
   * For how many milliseconds after the first failure each failing call extends the reserve by its retries, by five at most. It is longer
   * while answers are slow. With 0 the reserve does not grow. With the default it pays for the retries of about one second.
   * @default 350
   */
  rideOut?: number;
  /** Tokens that come back each second. @default 0.2 */
  perSecond?: number;
  /**
   * How many servers it remembers, at most 1_000_000. It forgets the least recently used one first.
   * @default 1_000
   */
  maxKeys?: number;
  clock?: Clock;
}

const MAX = 1_000_000;

const OPTIONS = /* @__PURE__ */ tableOf(DEFAULTS);

/** Makes the table. The call is marked as pure, so that a bundler can leave the table out. */
function tableOf({ deposit, floor, rideOut, perSecond, maxKeys }: typeof DEFAULTS) {
  return {
    deposit: { check: checkNumber, default: deposit, max: 10 },
    floor: { check: checkNumber, default: floor, max: MAX },
    credit: { check: checkNumber, max: MAX },
    rideOut: { check: checkMs, default: rideOut },
    perSecond: { check: checkNumber, default: perSecond, max: MAX },
    maxKeys: { check: checkNumber, default: maxKeys, min: 1, max: MAX, integer: true },
    clock: { default: systemClock, check: (option: string, clock: Clock) => checkMembers(option, clock, ['now']) },
  } satisfies OptionTable<RetryBudgetOptions>;
}

/** The options as data: what each may be, and its default. */
export const retryBudgetOptions: OptionTable<RetryBudgetOptions> = OPTIONS;

/**
 * Prevents retry storms. A short failure gets all its retries. In an outage of ten seconds, calls with two retries
 * send less than a tenth more requests than there are calls.
 *
 * Each key has a reserve of tokens. Failures and retries take tokens, and successes return them. When the reserve is spent, the budget
 * refuses retries at once. It has no timers. It reads the clock only after a failure, and for the first call and the first answer after one.
 *
 * @throws a `TypeError` or `RangeError` that names the option
 * @example
 * const budget = retryBudget();
 * const reads = compose(retry({ budget }))(fetch);
 * const writes = compose(idempotencyKey(), retry({ budget }))(fetch);
 */
export function retryBudget(options?: RetryBudgetOptions): TokenBudget {
  const { clock, maxKeys, ...rest } = readOptions('retryBudget', OPTIONS, options);
  const { floor, credit = Math.max(DEFAULTS.credit, floor) } = rest;
  checkNumber('retryBudget: credit', credit, { min: floor, max: MAX });
  const settings = { ...rest, credit };
  const now = monotonic(clock);
  const bucketOf = bucketsOf(settings, now, maxKeys);
  return {
    ...budgetOf(bucketOf, now),
    snapshot: () => {
      const at = now();
      return Object.fromEntries(
        bucketOf.entries().map(([key, bucket]) => [key, snapshotOf(bucket.accountAt(at), settings, at)]),
      );
    },
    reset: (key) => bucketOf.reset(key),
  };
}
