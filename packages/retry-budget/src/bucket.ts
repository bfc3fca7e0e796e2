// The rule: failures and retries cost tokens, successes and time pay them back, and a retry is allowed while less was spent than the
// reserve. Calls that get none are held; whether those are sent is up to the server's answers (recovery.ts).

import { type Account, type BudgetSettings, balanced, opened, reserveOf } from './account.ts';
import { LONGEST_CALL, Recovery } from './recovery.ts';
import type { RetryKind, RetryPermit } from './types.ts';

/** What a failed attempt costs. */
const FAILURE = 0.5;

/** What a retry costs with the failure that it may bring. An answer pays back so much for each retry of its call. */
const RETRY = 0.5 + FAILURE;

/** The same where the server has chosen its time, or the call was held. */
const INVITED = 0.2 + FAILURE;

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

  succeed(now: () => number, attempt = 1, took = 0): void {
    this.#recovery.succeed(now, attempt, took);
    const account = this.#account;
    account.successes++;
    account.income += this.#settings.deposit;
    if (attempt > 1) account.income += RETRY * Math.min(MOST_RETRIES, attempt - 1);
    else account.unknown--;
  }

  fail(now: number, attempt = 1, retries: number = RETRIES, took = 0): void {
    this.#recovery.fail(now, took);
    const account = this.#settle(now);
    if (attempt > 1) return; // it is paid, and does not prolong the trouble
    account.failedAt = now;
    account.since ??= now;
    account.unknown -= 2; // one less is under way, and one more has failed
    // what the call costs at the most: its failure, and each retry with the failure that it may bring
    if (this.#isYoung(now - account.since)) account.reserved += FAILURE + Math.min(retries, MOST_RETRIES) * RETRY;
    const bottom = reserveOf(account, this.#settings) * (1 + DEBT);
    account.spent = Math.max(account.spent, Math.min(bottom, account.spent + FAILURE));
  }

  /** Whether it is too early to tell that the server is down: at first, and while more calls are under way than have failed. */
  #isYoung(age: number): boolean {
    const { rideOut } = this.#settings;
    return age < (rideOut > 0 && this.#account.unknown > 0 ? LONGEST_CALL : rideOut);
  }

  /** Takes what a retry may cost, if something is left. Held calls pay too, but the server's answers let them through. */
  acquire(kind: RetryKind, now: number): RetryPermit | undefined {
    const account = this.#settle(now);
    const isAllowed = kind === 'held' ? this.#recovery.send(now) : this.#isFree(account, now);
    if (!isAllowed) return undefined;
    let price = kind === 'transient' ? RETRY : INVITED;
    account.spent += price;
    const release = () => {
      this.#account.income += price;
      price = 0;
    };
    return { release };
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

  /** The account at this time. Changes nothing. */
  accountAt(now: number): Account {
    return balanced(this.#account, this.#settings, now);
  }

  #settle(now: number): Account {
    this.#account = this.accountAt(now);
    return this.#account;
  }
}
