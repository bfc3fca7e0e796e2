import {
  type Clock,
  checkFunction,
  checkMs,
  checkNames,
  checkNumber,
  monotonic,
  perKey,
  systemClock,
} from '@steadfetch/core';
import type { BudgetSettings } from './account.ts';
import { Bucket, FAILURE, PRICE } from './bucket.ts';
import type { RetryKind, TokenBudget } from './types.ts';

/** Options of `retryBudget`. The defaults are measured; a token pays for one retry that fails. */
export interface RetryBudgetOptions {
  /**
   * Tokens that a success pays back, from 0 to 10. Below 1, a client whose every second attempt fails runs dry.
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
   * How long failures extend the reserve, in milliseconds: each call that fails by then adds two retries to the reserve,
   * which makes it about as many retries as there are calls in a second. 0 for a reserve that does not grow. @default
   * 350
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

/**
 * Prevents retry storms: it does not limit the retries of a short failure, and an outage of ten seconds gets less than a
 * tenth more requests than there are calls.
 *
 * Per key, a reserve that failures and retries are paid from and that successes fill again. A reserve that is spent
 * refuses at once, without waiting. Holds no timers, and reads the clock only when something failed.
 *
 * @throws a `TypeError` or `RangeError` that names the option
 * @example
 * const budget = retryBudget();
 * const reads = compose(retry({ budget }))(fetch);
 * const writes = compose(idempotencyKey(), retry({ budget }))(fetch);
 */
export function retryBudget(options: RetryBudgetOptions = {}): TokenBudget {
  const settings = checkOptions(options);
  const { maxKeys = 1_000, clock = systemClock } = options;
  checkNumber('retryBudget: maxKeys', maxKeys, { min: 1, max: 1_000_000, integer: true });
  checkFunction('retryBudget: clock.now', clock?.now);
  const now = monotonic(clock);
  const bucketOf = perKey(() => new Bucket(settings, now()), { maxKeys });
  return {
    acquire: (key, kind) => {
      const price = priceOf(kind) + FAILURE;
      const bucket = bucketOf(key);
      return bucket.spend(price, now()) ? leaseOf(bucket, price) : undefined;
    },
    record: (key, outcome, attempt) => {
      const bucket = bucketOf(key);
      if (outcome === 'success') bucket.succeed(attempt);
      else bucket.fail(now(), attempt);
    },
    snapshot: () => Object.fromEntries(bucketOf.entries().map(([key, bucket]) => [key, bucket.snapshot(now())])),
    reset: (key) => bucketOf.reset(key),
  };
}

function priceOf(kind: RetryKind): number {
  if (Object.hasOwn(PRICE, kind)) return PRICE[kind];
  throw new TypeError(`retryBudget: kind: expected one of ${Object.keys(PRICE).join(', ')}, got ${String(kind)}`);
}

function leaseOf(bucket: Bucket, price: number): { release(): void } {
  let held = true;
  return {
    release: () => {
      if (held) bucket.refund(price);
      held = false;
    },
  };
}

const NAMES = ['deposit', 'floor', 'credit', 'rideOut', 'perSecond', 'maxKeys', 'clock'];

function checkOptions(options: RetryBudgetOptions): BudgetSettings {
  checkNames('retryBudget', options, NAMES);
  const { deposit = 1.25, floor = 6, credit = Math.max(20, floor), rideOut = 350, perSecond = 0.2 } = options;
  return {
    deposit: checkNumber('retryBudget: deposit', deposit, { max: 10 }),
    floor: checkNumber('retryBudget: floor', floor, { max: 1_000_000 }),
    credit: checkNumber('retryBudget: credit', credit, { min: floor, max: 1_000_000 }),
    rideOut: checkMs('retryBudget: rideOut', rideOut),
    perSecond: checkNumber('retryBudget: perSecond', perSecond, { max: 1_000_000 }),
  };
}
