import { type Clock, monotonic, systemClock } from '@steadfetch/core';
import { checkMembers, checkMs, checkNumber, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { bucketsOf, budgetOf, DEFAULTS } from './default-budget.ts';
import { snapshotOf } from './snapshot.ts';
import type { TokenBudget } from './types.ts';

/** Options of `retryBudget`. The defaults are measured; a token pays for one retry that fails. */
export interface RetryBudgetOptions {
  /**
   * Tokens that a success pays back, from 0 to 10. Below 0.6, a client half of whose attempts fail runs out of tokens.
   * @default 1.25
   */
  deposit?: number;
  /** Tokens of reserve that every client has, however little it calls. @default 6 */
  floor?: number;
  /**
   * Tokens of reserve for a server that is new or little called. At least `floor`.
   * @default 20, or `floor` if that is more
   */
  credit?: number;
  /**
   * How long failures extend the reserve, in milliseconds; longer while answers are slow, and not at all with 0. Each call that fails
   * by then adds the retries that it may make, five at most, so that the reserve pays for the retries of about one second.
   * @default 350
   */
  rideOut?: number;
  /** Tokens that time pays back each second. @default 0.2 */
  perSecond?: number;
  /**
   * How many servers are remembered; the one used least recently is forgotten first. At most 1_000_000.
   * @default 1_000
   */
  maxKeys?: number;
  clock?: Clock;
}

const MAX = 1_000_000;

const OPTIONS = /* @__PURE__ */ tableOf(DEFAULTS);

/** Makes the table. It is called as a pure function, so that a bundler can leave the table out. */
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
 * Prevents retry storms: it does not limit the retries of a short failure, and an outage of ten seconds gets less than a
 * tenth more requests than there are calls.
 *
 * Each key has a reserve of tokens: failures and retries take from it, successes fill it again. When it is spent, retries
 * are refused at once. Holds no timers, and reads the clock only when something failed, and for the first call and the first answer after that.
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
