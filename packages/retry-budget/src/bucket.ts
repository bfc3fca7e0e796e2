// The rule: failures and retries cost tokens, successes and time pay them back, and a retry is allowed while less was spent than the
// reserve. Calls that get none are held; whether those are sent is up to the server's answers (recovery.ts).

import { type Account, type BudgetSettings, balanced, opened, reserveOf } from './account.ts';
import { LONGEST_CALL, Recovery } from './recovery.ts';
import type { RetryKind } from './types.ts';

/** What a failed attempt costs. */
export const FAILURE = 0.5;

/** What a retry costs without the failure that it may bring: less where the server has chosen its time, or the call was held. */
export const PRICE = { transient: 0.5, invited: 0.2 } as const;

/** What a retry costs that fails, at the most. An answer pays back so much for each retry of its call. */
const RETRY = PRICE.transient + FAILURE;

/** How many retries a call may make that does not say. */
const RETRIES = 2;

/** A call that may make more retries brings tokens for so many: else calls with a hundred retries each would make a reserve without end. */
const MOST_RETRIES = 5;

/** Sums of tenths are not exact: less than this is no token. */
const ROUNDING = 1e-9;

/** How far failures overdraw the reserve, as a share of it: else a few lucky answers reopen it, and a server over its limit stays down. */
const DEBT = 0.2;

/**
 * The account of one server. Pure: the caller passes the time.
 *
 * A retry is paid together with the failure that it may bring, when it is promised. Successes are only added up, and
 * settled with the next failure: nothing can ask for a retry in between.
 */
export class Bucket {
  readonly #settings: BudgetSettings;
  readonly #recovery = new Recovery();
  #account: Account;

  constructor(settings: BudgetSettings, now: number) {
    this.#settings = settings;
    this.#account = opened(settings, now);
  }

  /** A call is sent. Its first attempt is under way until an outcome of it is recorded. */
  begin(now: () => number): void {
    this.#recovery.begin(now);
    this.#account.unknown++;
  }

  /** Without `attempt`, the outcome counts as that of a promised retry, if there is one. */
  succeed(now: () => number, attempt: number | undefined, took = 0): void {
    this.#recovery.succeed(now, attempt, took);
    const account = this.#account;
    const isRetry = this.#endRetry(attempt);
    if (!isRetry) account.unknown--;
    account.successes++;
    account.income += this.#settings.deposit + (isRetry ? RETRY * Math.min(MOST_RETRIES, (attempt ?? 2) - 1) : 0);
  }

  fail(now: number, attempt: number | undefined, retries: number = RETRIES, took = 0): void {
    this.#recovery.fail(now, took);
    const account = this.#settle(now);
    if (this.#endRetry(attempt)) return; // it is paid, and does not prolong the trouble
    account.failedAt = now;
    account.since ??= now;
    account.unknown -= 2; // one less is under way, and one more has failed
    if (this.#isYoung(now - account.since)) account.reserved += costOf(retries);
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
    const isAllowed = kind === 'held' ? this.#recovery.send(now) : this.#isFree(account, now);
    if (!isAllowed) return false;
    account.spent += price;
    account.promised++;
    return true;
  }

  /** Whether held calls are let through, one after the other. */
  isBack(now: number): boolean {
    return this.#recovery.isBack(now);
  }

  /** Whether a retry may be allowed: something is left, or the server's answers have room for a held call. Changes nothing. */
  mayRetry(now: number): boolean {
    return this.#isFree(this.accountAt(now), now) || this.#recovery.hasRoom(now);
  }

  /** Whether a retry needs no turn: something is left, and no call that an outage held waits, which it would overtake. */
  #isFree(account: Account, now: number): boolean {
    return !this.#recovery.isCrowded(now) && reserveOf(account, this.#settings) - account.spent >= ROUNDING;
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
    this.#account = this.accountAt(now);
    return this.#account;
  }

  /** Ends a promised retry, if this attempt is one. Returns whether it is. */
  #endRetry(attempt?: number): boolean {
    const { promised } = this.#account;
    const isRetry = attempt === undefined ? promised > 0 : attempt > 1;
    if (isRetry) this.#account.promised = Math.max(0, promised - 1);
    return isRetry;
  }
}

/** What a call costs at the most that may make so many retries: its failure, and each retry with the failure that it may bring. */
function costOf(retries: number): number {
  return FAILURE + Math.min(retries, MOST_RETRIES) * RETRY;
}
