import type { Quota } from './answer.ts';
import { Ledger } from './ledger.ts';
import { within } from './pace.ts';
import { FULL_TRUST, Refill } from './refill.ts';
import { Share } from './share.ts';
import { Trial } from './trial.ts';

/** If a suspect quota would delay a call for longer than this, the call may be sent as a trial. In milliseconds. */
const TRIED_FROM_MS = 250;
/** If nothing is left, one call is sent after this time without a request, however far away the reset is. In milliseconds. */
const LONGEST_UNASKED_MS = 60_000;
/** An accepted request multiplies the trust in a quota by this. A hundred of them make up for one refusal (see `distrust`). */
const PER_ACCEPTED = 1.001;
/** In the last part of a window, what is left is spent evenly. In milliseconds before the reset. */
const EVEN_BEFORE_RESET_MS = 1_000;

/** A request and its answer, as a quota needs them. */
export interface Answered {
  /** What had been sent before the request, in the unit of the quota. */
  readonly before: number;
  /** What the request was estimated to cost, in the unit of the quota. */
  readonly cost: number;
  readonly sentAt: number;
  readonly now: number;
  readonly roundTrip: number;
  readonly accepted: boolean;
  /** How long the server asked to wait, if it did. */
  readonly wait?: number | undefined;
  /** Whether the user configured a limit. */
  readonly isCertain: boolean;
}

/**
 * Spends one quota whose remainder each answer reports, so that it is used up when it is reset:
 *
 * - While more than half is left, calls go at once.
 * - Below half, calls that began to wait before go at once if the rest covers all waiting calls.
 * - All other calls go evenly until the reset, if they can wait for their share.
 *
 * The rate is the refill rate plus what is left divided by the time until the reset. If nothing is refilled before the reset, calls
 * save up what they do not use of their shares.
 */
export class QuotaPacer {
  readonly #refill: Refill;
  /** The time of the last `advance`. */
  #now: number;
  /** All that was sent, in units of the quota. */
  #spent: number;
  /** What is left, by our own count; between two answers the refill adds to it. */
  #left: number;
  /** What had been sent before the newest request that was answered. */
  #newestAnswered = -1;
  readonly #ledger = new Ledger();
  readonly #share: Share;
  /** What calls may send now: their shares so far, minus their costs. */
  #credit = 0;
  /** Units per millisecond. */
  rate = 0;
  #roundTrip = 0;
  #sentAt: number;
  #inFlight = 0;
  #waiting = 1;
  /** How many of the waiting calls began to wait while half was left. */
  #earlyWaiting = 0;
  /** The longest time that a call could wait, in milliseconds. */
  #longestWait = 0;
  readonly #trial: Trial;

  /** `late`: many requests had been sent before the quota was first reported. */
  constructor(quota: Quota, spent: number, now: number, late: boolean) {
    this.#refill = new Refill(quota, now, late);
    this.#share = new Share(now);
    this.#trial = new Trial(late);
    this.#spent = spent;
    this.#left = quota.remaining;
    this.#now = this.#sentAt = now;
    this.#ledger.note(-Infinity, spent, 0);
  }

  get left(): number {
    return Math.max(0, this.#left);
  }

  /** Whether the reported numbers can be used: false if the server refused too often what should have been left. */
  get trusted(): boolean {
    return this.#refill.trust > 0.5;
  }

  get #isBucket(): boolean {
    return this.#refill.isBucket;
  }

  /** Whether the quota is a bucket that no other client seems to use. */
  get isOwnBucket(): boolean {
    return this.#isBucket && !this.#refill.shared;
  }

  /** The server refused although something should have been left. */
  distrust(): void {
    this.#refill.trust *= 0.9;
  }

  take(cost: number): void {
    const now = this.#now;
    if (this.#trial.mayTry(now) && this.#wait(now, cost) > TRIED_FROM_MS) this.#trial.sent(this.#spent, now);
    this.#sentAt = now;
    this.#spent += cost;
    this.#left -= cost;
    this.#ledger.note(now, this.#spent, this.#refill.window + 2 * this.#roundTrip);
    this.#inFlight++;
    this.#earlyWaiting--;
    this.#credit = Math.max(cost <= 1 ? 0 : -10 * this.#refill.size, this.#credit - cost);
  }

  giveBack(cost: number): void {
    this.#spent -= cost;
    this.#left += cost;
    this.#earlyWaiting++;
    this.#credit += cost;
  }

  /** A cost differs from its estimate. `#spent` keeps the estimate, since later requests were counted from it. */
  correct(difference: number): void {
    this.#left -= difference;
  }

  /** Learns from an answer that reports the quota. */
  settle(quota: Quota, answered: Answered): void {
    const refill = this.#refill;
    const { before, cost, sentAt, now, roundTrip, accepted } = answered;
    if (accepted) this.#trial.compare(quota.remaining, sentAt, now);
    if (accepted && this.trusted) refill.trust = Math.min(FULL_TRUST, refill.trust * PER_ACCEPTED);
    this.#roundTrip = roundTrip;
    const wasBucket = this.#isBucket;
    const resetIn = refill.note(quota, answered);
    // a window looks like a bucket if less than half was left at first; then its refusals so far do not count
    if (wasBucket && !this.#isBucket) refill.trust = FULL_TRUST;
    const { size, isBucket, window } = refill;
    const refilled = refill.rate * within(now - sentAt, 0, window);
    const left = quota.remaining - (this.#spent - before - cost) + refilled;
    // a bucket reports as its reset when it will be full; no window ends then
    if (this.#isBucketOfOne || now - sentAt < (isBucket ? window : resetIn)) this.#share.end();
    else {
      const spent = before + cost;
      const { remaining } = quota;
      this.#share.settle({ accepted, sentAt, now, remaining, size, spent, ledger: this.#ledger, window });
    }
    if (before > this.#newestAnswered) {
      this.#left = left;
      this.#newestAnswered = before;
    } else {
      // answers overtake each other: the lowest count is safe while others are in flight, then the last answers decide
      this.#left = this.#inFlight > 1 ? Math.min(this.#left, left) : refill.leftAfter(this.#newestAnswered);
    }
  }

  /**
   * Learns from an accepted answer that leaves out the quota; `omissions` counts such answers in a row. Some servers report a quota
   * only if little is left. If the request was sent after the reset, the quota is full again, less what was sent in this window.
   */
  omitted(sentAt: number, omissions: number): void {
    const { resetAt, size, quota, window } = this.#refill;
    const { limit = size, reset } = quota;
    if (omissions > limit / 2) this.#refill.onlyLow = true;
    if (reset === undefined || sentAt <= resetAt) return;
    const begunAt = sentAt - ((sentAt - resetAt) % window);
    this.#left = limit - (this.#spent - this.#ledger.by(begunAt));
  }

  advance(now: number, inFlight: number): void {
    const refill = this.#refill;
    this.#inFlight = inFlight;
    const elapsed = Math.max(0, now - this.#now);
    this.#now = Math.max(this.#now, now);
    this.#left = Math.min(Math.max(this.#left, refill.size), this.#left + refill.rate * elapsed);
    // what was spent more than a window ago has been refilled; if all answers are older than a window, this is all that counts
    const share = this.#share;
    if (share.amount > 0) {
      const ofShare = share.amount - this.#spent + this.#ledger.by(now - share.window);
      this.#left = this.#roundTrip < share.window ? Math.max(this.#left, ofShare) : ofShare;
    }
    refill.advance(now);
    const until = Math.max(50, refill.resetAt - now);
    const unspent = this.#left - this.#reserve;
    const spare = this.#isBucketOfOne ? Math.min(0, unspent) : unspent;
    this.rate = refill.rate + Math.max(-0.5 * refill.rate, spare / until);
    if (share.amount > 0) this.rate = share.amount / share.window;
    // a refill may be shared: if every client saved up credit, all would use it at the same time
    const most = refill.rate > 0 ? 1 : Math.max(1, spare);
    this.#credit = Math.min(most, this.#credit + Math.max(0, this.rate) * elapsed);
  }

  /** Reports how many calls wait, and how long the last of them can wait. */
  announce(waiting: number, time: number = 0): void {
    this.#waiting = waiting;
    this.#longestWait = Math.max(this.#longestWait, time);
    this.#earlyWaiting = this.#left > this.#atOnceAbove ? waiting : Math.min(this.#earlyWaiting, waiting);
  }

  delay(now: number, cost: number): number {
    const wait = this.#wait(now, cost);
    if (wait <= TRIED_FROM_MS || !this.#trial.mayTry(now)) return wait;
    // a trial keeps its distance from the last request, since a bucket of one refuses what comes at once even if its reset is false
    return within(this.#sentAt + TRIED_FROM_MS * this.#trial.caution - now, 0, wait);
  }

  /** Learns whether a request was accepted, in case it was a trial. `before` is what had been sent before it. */
  settleTrial(before: number, accepted: boolean): void {
    if (this.#trial.settle(before, accepted) && this.#trial.proofs > this.#refill.quota.remaining + 2)
      this.#refill.trust = 0;
  }

  #wait(now: number, cost: number): number {
    const needed = Math.min(cost, Math.max(1, this.#refill.size));
    if (this.#covers(now, needed)) return 0;
    if (!this.#refill.shared && this.#left > this.#atOnceAbove && this.#left >= needed) return 0;
    if (this.#credit >= 1 && ((cost <= 1 && this.#share.amount === 0) || this.#left >= needed)) return 0;
    if (this.#mayCheck(now)) return 0;
    const interval = this.rate > 0 ? 1 / this.rate : Infinity;
    const { resetAt } = this.#refill;
    const reset = resetAt > now ? resetAt - now + 2 : 20;
    // a delay gains nothing if the last call cannot wait for its share, or the first call for the debt of earlier calls
    const share = interval * Math.max(needed * this.#waiting, -this.#credit);
    const isFutile = this.#longestWait > 0 && Math.min(share, reset) > this.#longestWait;
    if (isFutile && this.#left >= needed) return 0;
    return Math.max(1, Math.min(interval * (1 - Math.min(this.#credit, 0.9)), reset, 1_000));
  }

  /**
   * Whether what is left covers all waiting calls, so that a delay gains nothing. It need cover only this call if nothing is refilled before
   * the reset and its cost is certain; a cost above one is an estimate. Only for calls that began to wait while half was left: later
   * calls may come endlessly, as from a loop, and share the rest. Not just before the reset, since the wait is short then.
   */
  #covers(now: number, cost: number): boolean {
    if (this.#earlyWaiting < 1) return false;
    if (this.#refill.resetAt - now <= EVEN_BEFORE_RESET_MS) return false;
    const mustCoverAll = this.#refill.rate > 0 || cost > 1;
    const spare = this.#left - this.#reserve;
    return spare >= (mustCoverAll ? this.#waiting : 1) * cost;
  }

  /** If more than this is left, calls go at once. */
  get #atOnceAbove(): number {
    return this.#isBucketOfOne ? Infinity : this.#refill.size * 0.5;
  }

  /** A bucket of one token refuses each call that comes too early, so its calls always go evenly. */
  get #isBucketOfOne(): boolean {
    return this.#isBucket && this.#refill.size < 2;
  }

  /** What is not spent if the quota is refilled continuously: about a third of the refill of one round trip. */
  get #reserve(): number {
    const { rate, size } = this.#refill;
    return rate > 0 ? Math.min(size / 4, 1 + 0.3 * this.#roundTrip * rate) : 0;
  }

  /** Whether one call may find out what is left, after the reset or a long silence. A slow answer delays it for a window at most. */
  #mayCheck(now: number): boolean {
    const { resetAt, window } = this.#refill;
    const isOver = now > Math.min(resetAt + 1, this.#sentAt + LONGEST_UNASKED_MS);
    const isSlow = this.#sentAt <= now - this.#roundTrip && this.#sentAt <= Math.max(resetAt, now - window);
    return isOver && (this.#inFlight === 0 || isSlow);
  }
}
