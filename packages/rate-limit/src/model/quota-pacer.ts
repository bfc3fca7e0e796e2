import type { Quota } from './answer.ts';
import { Ledger } from './ledger.ts';
import { within } from './pace.ts';
import { FULL_TRUST, Refill } from './refill.ts';
import { Share } from './share.ts';
import { Trial } from './trial.ts';

/** A suspect quota is tried where it would hold a call back for longer than this, in milliseconds. */
const TRIED_FROM_MS = 250;
/** Where nothing is left, one call is sent to find out after so long without a request, in milliseconds, however far the reset is. */
const LONGEST_UNASKED_MS = 60_000;
/** What an accepted request adds to the trust in a bucket, as a factor: a hundred of them as much as one that is refused takes. */
const EARNS_BACK = 1.001;
/** So shortly before the reset what is left is spent evenly, in milliseconds. */
const EVEN_BEFORE_RESET_MS = 1_000;

/** What is known of an answered request. */
export interface Answered {
  /** What had been sent before it, and its estimated cost, in the unit of the quota. */
  readonly before: number;
  readonly cost: number;
  readonly sentAt: number;
  readonly now: number;
  readonly roundTrip: number;
  readonly accepted: boolean;
  /** How long the server asked to wait, if it did. */
  readonly wait?: number | undefined;
  /** Whether the limit is known in advance. */
  readonly isCertain: boolean;
}

/**
 * Spends a quota of which each answer says what is left, to its end:
 *
 * - at once while half is left;
 * - below half, at once for calls that were here before, while the rest covers all that wait;
 * - else evenly until it is reset, if calls can wait for their share.
 *
 * The pace is what comes back by itself, plus what is left over the time until the reset. Where nothing comes back before the reset,
 * what the calls leave of their shares is saved up.
 */
export class QuotaPacer {
  readonly #refill: Refill;
  /** The time of the last `advance`. */
  #now: number;
  /** All that was sent, in units of the quota. */
  #spent: number;
  /** What is left, by our count; it rises between two answers. */
  #left: number;
  /** What had been sent before the newest request that is answered. */
  #newest = -1;
  readonly #ledger = new Ledger();
  readonly #share: Share;
  /** What the calls may send now: their shares so far, less what they cost. */
  #credit = 0;
  /** Per ms. */
  rate = 0;
  #roundTrip = 0;
  #sentAt: number;
  /** How many requests are under way. */
  #inFlight = 0;
  /** How many calls want to go. */
  #waiting = 1;
  /** How many of them were here while half was left. */
  #early = 0;
  /** For how long one of them could wait, at most. */
  #longest = 0;
  readonly #trial: Trial;

  /** `late`: it appeared after many requests only. */
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

  /** Whether what is told can be used; false where the server refuses what it says is left. */
  get believed(): boolean {
    return this.#refill.trust > 0.5;
  }

  get #isBucket(): boolean {
    return this.#refill.isBucket;
  }

  /** Whether it is a bucket that nobody else seems to use. */
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
    this.#early--;
    this.#credit = Math.max(cost <= 1 ? 0 : -10 * this.#refill.whole, this.#credit - cost);
  }

  giveBack(cost: number): void {
    this.#spent -= cost;
    this.#left += cost;
    this.#early++;
    this.#credit += cost;
  }

  /** A cost differs from its estimate. What was sent stays counted by estimates, as it was where other calls were sent. */
  correct(difference: number): void {
    this.#left -= difference;
  }

  /** Learns from what an answer says of it. */
  settle(quota: Quota, answered: Answered): void {
    const refill = this.#refill;
    const { before, cost, sentAt, now, roundTrip, accepted } = answered;
    if (accepted) this.#trial.compare(quota.remaining, sentAt, now);
    if (accepted && this.#isBucket && this.believed) refill.trust = Math.min(FULL_TRUST, refill.trust * EARNS_BACK);
    this.#roundTrip = roundTrip;
    const wasBucket = this.#isBucket;
    const resetIn = refill.note(quota, answered);
    // a window that was begun when less than half of it was left: what it refused as a bucket says nothing
    if (wasBucket && !this.#isBucket) refill.trust = FULL_TRUST;
    const { whole, isBucket, window } = refill;
    const refilled = refill.rate * within(now - sentAt, 0, window);
    const left = quota.remaining - (this.#spent - before - cost) + refilled;
    // a bucket has no window that ends: what it tells is when it is full
    if (this.#isEven || now - sentAt < (isBucket ? window : resetIn)) this.#share.end();
    else {
      const spent = before + cost;
      const { remaining } = quota;
      this.#share.settle({ accepted, sentAt, now, remaining, whole, spent, ledger: this.#ledger, window });
    }
    if (before > this.#newest) {
      this.#left = left;
      this.#newest = before;
    } else {
      // once all are answered, what the last answers tell
      this.#left = this.#inFlight > 1 ? Math.min(this.#left, left) : refill.leftAfter(this.#newest);
    }
  }

  /**
   * An accepted answer does not tell of it, the `silent`th in a row, as of a server that does so only where little is left. If the
   * request was sent after the reset, all of it is back, but for what was sent in this window.
   */
  untold(sentAt: number, silent: number): void {
    const { resetAt, whole, quota, window } = this.#refill;
    const { limit = whole, reset } = quota;
    if (silent > limit / 2) this.#refill.untold = true;
    if (reset === undefined || sentAt <= resetAt) return;
    const begunAt = sentAt - ((sentAt - resetAt) % window);
    this.#left = limit - (this.#spent - this.#ledger.by(begunAt));
  }

  advance(now: number, inFlight: number): void {
    const refill = this.#refill;
    this.#inFlight = inFlight;
    const elapsed = Math.max(0, now - this.#now);
    this.#now = Math.max(this.#now, now);
    this.#left = Math.min(Math.max(this.#left, refill.whole), this.#left + refill.rate * elapsed);
    // what was spent longer ago than a window has come back; nothing else, where all that was seen is older than a window
    const share = this.#share;
    if (share.amount > 0) {
      const ofShare = share.amount - this.#spent + this.#ledger.by(now - share.window);
      this.#left = this.#roundTrip < share.window ? Math.max(this.#left, ofShare) : ofShare;
    }
    refill.advance(now);
    const until = Math.max(50, refill.resetAt - now);
    const unspent = this.#left - this.#reserve;
    const spare = this.#isEven ? Math.min(0, unspent) : unspent;
    this.rate = refill.rate + Math.max(-0.5 * refill.rate, spare / until);
    if (share.amount > 0) this.rate = share.amount / share.window;
    // where it comes back by itself, others would use it at the same time
    const most = refill.rate > 0 ? 1 : Math.max(1, spare);
    this.#credit = Math.min(most, this.#credit + Math.max(0, this.rate) * elapsed);
  }

  /** `time`: for so long the last of them can wait. */
  announce(waiting: number, time: number = 0): void {
    this.#waiting = waiting;
    this.#longest = Math.max(this.#longest, time);
    this.#early = this.#left > this.#plenty ? waiting : Math.min(this.#early, waiting);
  }

  delay(now: number, cost: number): number {
    const wait = this.#wait(now, cost);
    if (wait <= TRIED_FROM_MS || !this.#trial.mayTry(now)) return wait;
    // a bucket of one refuses what comes at once, however false its told reset is
    return within(this.#sentAt + TRIED_FROM_MS * this.#trial.caution - now, 0, wait);
  }

  /** Learns what became of a request, if it was a try; `before` is what had been sent before it. */
  settleTry(before: number, accepted: boolean): void {
    if (this.#trial.settle(before, accepted) && this.#trial.proofs > this.#refill.quota.remaining + 2)
      this.#refill.trust = 0;
  }

  #wait(now: number, cost: number): number {
    const least = Math.min(cost, Math.max(1, this.#refill.whole));
    if (this.#covers(now, least)) return 0;
    if (!this.#refill.shared && this.#left > this.#plenty && this.#left >= least) return 0;
    if (this.#credit >= 1 && ((cost <= 1 && this.#share.amount === 0) || this.#left >= least)) return 0;
    if (this.#findsOut(now)) return 0;
    const every = this.rate > 0 ? 1 / this.rate : Infinity;
    const { resetAt } = this.#refill;
    const reset = resetAt > now ? resetAt - now + 2 : 20;
    // where the last of them cannot wait for its share, or the first for what was spent before it, to hold them back is in vain
    const share = every * Math.max(least * this.#waiting, -this.#credit);
    const isVain = this.#longest > 0 && Math.min(share, reset) > this.#longest;
    if (isVain && this.#left >= least) return 0;
    return Math.max(1, Math.min(every * (1 - Math.min(this.#credit, 0.9)), reset, 1_000));
  }

  /**
   * Whether what is left covers all calls that wait, or this one where nothing came back so far. Then holding it back gains nothing.
   * Only for a call that was here while half was left: later ones may come without end, as from a loop, and share the rest. Not
   * where the reset is near, since the wait is short, nor where a cost is an estimate.
   */
  #covers(now: number, cost: number): boolean {
    if (this.#early < 1 || cost > 1) return false;
    if (this.#refill.resetAt - now <= EVEN_BEFORE_RESET_MS) return false;
    const comesBack = this.#refill.rate > 0;
    const spare = this.#left - this.#reserve;
    return spare >= (comesBack ? this.#waiting : 1) * cost;
  }

  get #plenty(): number {
    return this.#isEven ? Infinity : this.#refill.whole * 0.5;
  }

  /** A bucket of one refuses each call that comes before its time. */
  get #isEven(): boolean {
    return this.#isBucket && this.#refill.whole < 2;
  }

  /** What is not spent, where it comes back while an answer is on its way. */
  get #reserve(): number {
    const { rate, whole } = this.#refill;
    return rate > 0 ? Math.min(whole / 4, 1 + 0.3 * this.#roundTrip * rate) : 0;
  }

  /** One finds out whether there is more. A slow answer holds up the next one for a window at most. */
  #findsOut(now: number): boolean {
    const { resetAt, window } = this.#refill;
    const isOver = now > Math.min(resetAt + 1, this.#sentAt + LONGEST_UNASKED_MS);
    const isSlow = this.#sentAt <= now - this.#roundTrip && this.#sentAt <= Math.max(resetAt, now - window);
    return isOver && (this.#inFlight === 0 || isSlow);
  }
}
