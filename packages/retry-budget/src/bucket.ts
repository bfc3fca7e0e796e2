// The rule: failures and retries cost tokens, and successes and time pay them back. A retry is allowed until the reserve is spent. Then
// `retry` holds the call, and the server's answers decide whether its retry is sent (recovery.ts).

import { type Account, type BudgetSettings, newAccount, reserveOf, settled } from './account.ts';
import { LONGEST_CALL_MS, Recovery } from './recovery.ts';
import type { RetryKind, RetryPermit } from './types.ts';

/** What a failed attempt costs. */
const FAILURE = 0.5;

/** What a retry costs, including its own failure in advance. A success pays this back for each retry of its call. */
const RETRY = 0.5 + FAILURE;

/** The same for a retry after a 429 or a `Retry-After`, and for a held call. */
const INVITED_RETRY = 0.2 + FAILURE;

/** The retries that a call may make, if its caller does not say. */
const DEFAULT_RETRIES = 2;

/** A call counts with at most five retries. Otherwise calls with a hundred retries each would make a reserve without limit. */
const MAX_RETRIES = 5;

/** Sums of tenths are not exact: less than this is no token. */
const ROUNDING = 1e-9;

/** Failures overdraw the reserve by up to this share of it. Otherwise a few lucky answers reopen it, and an overloaded server stays down. */
const MAX_DEBT = 0.2;

/**
 * The token bucket of one server. Pure: the caller passes the time.
 *
 * A retry is paid for when it is allowed, together with its own failure. Successes are only added up, which is cheap, and are settled
 * at the next failure or retry.
 */
export class Bucket {
  readonly #settings: BudgetSettings;
  readonly #recovery = new Recovery();
  #account: Account;

  constructor(settings: BudgetSettings, now: number) {
    this.#settings = settings;
    this.#account = newAccount(settings, now);
  }

  /** Records that a call is sent. Its first attempt is in flight until its outcome is recorded. */
  begin(now: () => number): void {
    this.#recovery.begin(now);
    this.#account.unknown++;
  }

  succeed(now: () => number, attempt = 1, took = 0): void {
    this.#recovery.succeed(now, attempt, took);
    const account = this.#account;
    account.successes++;
    account.income += this.#settings.deposit;
    if (attempt > 1) account.income += RETRY * Math.min(MAX_RETRIES, attempt - 1);
    else account.unknown--;
  }

  fail(now: number, attempt = 1, retries: number = DEFAULT_RETRIES, took = 0): void {
    this.#recovery.fail(now, took);
    const account = this.#settle(now);
    if (attempt > 1) return; // this failure was paid with its retry, and does not prolong the trouble
    account.failedAt = now;
    account.since ??= now;
    account.unknown -= 2; // one call fewer is in flight, and one more has failed
    // the most that the call can cost: its failure, and all its retries with their failures
    if (this.#isYoung(now - account.since)) account.reserved += FAILURE + Math.min(retries, MAX_RETRIES) * RETRY;
    const bottom = reserveOf(account, this.#settings) * (1 + MAX_DEBT);
    account.spent = Math.max(account.spent, Math.min(bottom, account.spent + FAILURE));
  }

  /** Whether it is too early to say that the server is down: at first, and while more calls are in flight than have failed. */
  #isYoung(age: number): boolean {
    const { rideOut } = this.#settings;
    return age < (rideOut > 0 && this.#account.unknown > 0 ? LONGEST_CALL_MS : rideOut);
  }

  /** Allows a retry and takes its price, if tokens are left. Held calls pay too, but the server's answers decide about them. */
  acquire(kind: RetryKind, now: number): RetryPermit | undefined {
    const account = this.#settle(now);
    const isAllowed = kind === 'held' ? this.#recovery.admit(now) : this.#isFree(account, now);
    if (!isAllowed) return undefined;
    let price = kind === 'transient' ? RETRY : INVITED_RETRY;
    account.spent += price;
    const release = () => {
      this.#account.income += price;
      price = 0;
    };
    return { release };
  }

  /** Whether a held call that got no permit should wait for its turn. */
  isBack(now: number): boolean {
    return this.#recovery.isBack(now);
  }

  /** Whether a retry would be allowed: tokens are left, or an answer has made room for a held call. Changes nothing. */
  mayRetry(now: number): boolean {
    return this.#isFree(this.accountAt(now), now) || this.#recovery.hasRoom(now);
  }

  /** Whether a retry may be sent at once: tokens are left, and it overtakes no call that an outage held. */
  #isFree(account: Account, now: number): boolean {
    return !this.#recovery.mustQueue(now) && reserveOf(account, this.#settings) - account.spent >= ROUNDING;
  }

  /** The account at this time. Changes nothing. */
  accountAt(now: number): Account {
    return settled(this.#account, this.#settings, now);
  }

  #settle(now: number): Account {
    this.#account = this.accountAt(now);
    return this.#account;
  }
}
