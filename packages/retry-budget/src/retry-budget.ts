import { type Clock, checkFunction, checkNames, checkNumber, monotonic, perKey, systemClock } from '@steadfetch/core';
import { Bucket, type BucketRule, PRICE } from './bucket.ts';
import type { RetryBudget, RetryKind } from './types.ts';

/** Options of `retryBudget`. The defaults are measured; a token is one retry that fails. */
export interface RetryBudgetOptions {
  /** Tokens put in by a success, from 0 to 10. At 0.6, retries stop when more than 37 % of the attempts fail. @default 0.6 */
  deposit?: number;
  /** Tokens that every client may hold, however little it calls. @default 6 */
  floor?: number;
  /** Tokens to hold on top, per success of the last ten seconds, from 0 to 1. @default 0.01 */
  share?: number;
  /** Tokens that come back by themselves each second. @default 0.2 */
  perSecond?: number;
  /** Tokens for a server that is new, or that has not been called for long. At least `floor`. @default 20 */
  credit?: number;
  /** How many servers are remembered; the one used least recently is forgotten first. At most 1_000_000. @default 1_000 */
  maxKeys?: number;
  clock?: Clock;
}

/**
 * The brake on retry storms: few failures do not notice it, an outage gets hardly more requests than there are calls.
 *
 * One bucket of tokens per key. Successes put tokens in; failures, and the retries that follow them, take them out. An
 * empty bucket refuses at once, without waiting. Holds no timers, and reads the clock only when something failed.
 *
 * @example
 * const budget = retryBudget();
 * const reads = compose(retry({ budget }))(fetch);
 * const writes = compose(idempotencyKey(), retry({ budget }))(fetch);
 */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  const rule = ruleOf(options);
  const { maxKeys = 1_000, clock = systemClock } = options;
  checkNumber('retryBudget: maxKeys', maxKeys, { min: 1, max: 1_000_000, integer: true });
  checkFunction('retryBudget: clock.now', clock?.now);
  const now = monotonic(clock);
  const bucketOf = perKey(() => new Bucket(rule, now()), { maxKeys });
  return {
    acquire: (key, kind) => {
      const price = priceOf(kind);
      const bucket = bucketOf(key);
      return bucket.spend(price, now()) ? leaseOf(bucket, price) : undefined;
    },
    record: (key, outcome) => {
      const bucket = bucketOf(key);
      if (outcome === 'success') bucket.succeed();
      else bucket.fail(now());
    },
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

const NAMES = ['deposit', 'floor', 'share', 'perSecond', 'credit', 'maxKeys', 'clock'];

function ruleOf(options: RetryBudgetOptions): BucketRule {
  checkNames('retryBudget', options, NAMES);
  const { deposit = 0.6, floor = 6, share = 0.01, perSecond = 0.2, credit = Math.max(20, floor) } = options;
  return {
    deposit: checkNumber('retryBudget: deposit', deposit, { max: 10 }),
    floor: checkNumber('retryBudget: floor', floor, { max: 1_000_000 }),
    share: checkNumber('retryBudget: share', share, { max: 1 }),
    perSecond: checkNumber('retryBudget: perSecond', perSecond, { max: 1_000_000 }),
    credit: checkNumber('retryBudget: credit', credit, { min: floor, max: 1_000_000 }),
  };
}
