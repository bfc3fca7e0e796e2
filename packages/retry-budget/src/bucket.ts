import { type Account, type BudgetSettings, balanced, opened, reserveOf } from './account.ts';
import { Recovery } from './recovery.ts';
import type { RetryKind } from './types.ts';

/** What a failed attempt costs. */
export const FAILURE = 0.5;

/** What the retry after it costs, without the failure that it may bring. */
export const PRICE: Readonly<Record<RetryKind, number>> = {
  transient: 0.5,
  throttled: 0.2,
  held: 0.2,
};

/** The retries for which each call of short trouble brings tokens: as many as it may make, within these bounds. */
const LEAST_RETRIES = 2;
const MOST_RETRIES = 5;

/** Sums of tenths are not exact: less than this is no token. */
const ROUNDING = 1e-9;

/**
 * How long after the last failure of its trouble a throttled retry can end, in milliseconds: the longest wait that `retry` accepts
 * by default, and an attempt. What has not ended by then never will, such as a retry that was aborted after it was sent.
 */
const LATEST_END = 70_000;

/** How long answers can leave it open whether the server is down, in milliseconds: as long as a call of `standard()` may take. */
const LONGEST_CALL = 30_000;

/** How far failures can overdraw the reserve, as a share of it, so that a few successes do not reopen it. */
const DEBT = 0.2;

/**
 * What one server has cost; a retry is allowed while that is less than the reserve. Pure: the caller passes the time.
 *
 * A retry is paid together with the failure that it may bring, when it is promised. Successes are only added up, and
 * settled with the next failure: nothing can ask for a retry in between.
 */
export class Bucket {
  readonly #settings: BudgetSettings;
  #account: Account;
  /** Retries promised of which no outcome is known. */
  #promised = 0;
  /** Those of them for which the server has set the time: they can wait longer than the trouble lasts. */
  #throttled = 0;
  /** Throttled retries that were promised in trouble that is over by now: what was paid for them is forgotten. */
  #forgotten = 0;
  #forgottenUntil = 0;
  readonly #recovery = new Recovery();

  constructor(settings: BudgetSettings, now: number) {
    this.#settings = settings;
    this.#account = opened(settings, now);
  }

  /** A call is sent. Its first attempt is under way until an outcome of it is recorded. */
  begin(): void {
    this.#account.unknown++;
  }

  /** Without `attempt`, the outcome counts as that of a promised retry, if there is one. */
  succeed(now: () => number, attempt: number | undefined): void {
    this.#recovery.succeed(now, attempt);
    this.#account.successes++;
    const isRetry = this.#isRetry(attempt);
    if (!isRetry) this.#account.unknown--;
    this.#account.income += this.#settings.deposit + (isRetry ? FAILURE : 0);
  }

  fail(now: number, attempt: number | undefined, retries: number = LEAST_RETRIES, took = 0): void {
    const account = this.#settle(now);
    this.#recovery.fail(now, took, account.since === undefined);
    // outside of trouble the reserve of the call is gone
    const isPaid = this.#forgotten === 0 && account.since !== undefined;
    const isRetry = this.#isRetry(attempt);
    if (isRetry && isPaid) return; // what was paid does not prolong the trouble
    account.failedAt = now;
    if (!isRetry) {
      account.since ??= now;
      account.unknown -= 2; // one less is under way, and one more has failed
    }
    // a retry that comes after its trouble brings the reserve again that its call had, and begins no trouble
    if (isRetry ? this.#settings.rideOut > 0 : this.#isYoung(now - account.since!)) account.reserved += costOf(retries);
    const bottom = reserveOf(account, this.#settings) * (1 + DEBT);
    account.spent = Math.max(account.spent, Math.min(bottom, account.spent + FAILURE));
  }

  /** Whether it is too early to tell that the server is down: at first, and while more calls are under way than have failed. */
  #isYoung(age: number): boolean {
    const { rideOut } = this.#settings;
    return age < (rideOut > 0 && this.#account.unknown > 0 ? LONGEST_CALL : rideOut);
  }

  /** Takes what a retry may cost. Returns false if nothing is left. Held calls pay too, but the server's answers let them through. */
  spend(price: number, kind: RetryKind, now: number): boolean {
    const account = this.#settle(now);
    if (kind === 'held') {
      account.waitedAt = now;
      if (!this.#recovery.send(now)) return false;
    } else if (reserveOf(account, this.#settings) - account.spent < ROUNDING) return false;
    account.spent += price;
    this.#promised++;
    if (kind !== 'transient') this.#throttled++;
    return true;
  }

  /** Whether held calls are let through, one after the other. */
  get isBack(): boolean {
    return this.#recovery.isBack;
  }

  refund(price: number): void {
    this.#account.income += price;
    this.#endRetry();
  }

  /** The account at this time. Changes nothing. */
  accountAt(now: number): Account {
    return balanced(this.#account, this.#settings, now);
  }

  #settle(now: number): Account {
    const { since, failedAt } = this.#account;
    this.#account = this.accountAt(now);
    if (since !== undefined && this.#account.since === undefined) {
      this.#forgotten = Math.max(this.#forgotten, Math.min(this.#throttled, this.#promised));
      this.#forgottenUntil = failedAt + LATEST_END;
      this.#promised = 0;
      this.#throttled = 0;
    }
    if (now >= this.#forgottenUntil) this.#forgotten = 0;
    return this.#account;
  }

  #isRetry(attempt: number | undefined): boolean {
    const isRetry = attempt === undefined ? this.#promised + this.#forgotten > 0 : attempt > 1;
    if (isRetry) this.#endRetry();
    return isRetry;
  }

  /** One of the promised retries is over, the oldest one. */
  #endRetry(): void {
    if (this.#forgotten > 0) this.#forgotten--;
    else if (this.#promised > 0) this.#promised--;
  }
}

/** What a call costs at the most that may make so many retries: its failure, and each retry with the failure that it may bring. */
function costOf(retries: number): number {
  const counted = retries > LEAST_RETRIES ? Math.min(retries, MOST_RETRIES) : LEAST_RETRIES;
  return FAILURE + counted * (PRICE.transient + FAILURE);
}
