import type { UsableQuota } from './answer.ts';
import { Ledger } from './ledger.ts';
import { within } from './pace.ts';
import { Trial } from './trial.ts';

/** Answers of one moment, which may have changed places: together they say the least that is left after the last that was sent. */
interface Batch {
  start: number;
  at: number;
  spent: number;
  left: number;
  /** When it is reset, and when it would be as told. */
  reset: number;
  told: number;
}

/** How long a quota is believed to be shared once less came back than was promised, in milliseconds. */
const SHARED_MS = 20_000;
/** A suspect quota is tried where it would hold a call back for longer than this, in milliseconds. */
const TRIED_FROM_MS = 250;
/** Where nothing is left, one call is sent to find out after so long without a request, in milliseconds, however far the reset is. */
const LONGEST_UNASKED_MS = 60_000;

/** So shortly before the reset what is left is spent evenly, in milliseconds. */
const EVEN_BEFORE_RESET_MS = 1_000;

/** What is known of an answered request. */
export interface Answered {
  /** What had been sent before it, and what it cost, in the unit of the quota. */
  readonly before: number;
  /** How many were sent after it. */
  readonly after: number;
  readonly cost: number;
  readonly sentAt: number;
  readonly now: number;
  readonly roundTrip: number;
  readonly accepted: boolean;
}

/**
 * Spends a quota of which each answer says what is left, to its end: at once while half is left; at once below half for calls that
 * were here before, while the rest covers all that wait; else evenly until it is reset, if calls can wait for their share. The pace is
 * what comes back by itself, plus what is left over the time until the reset. Where nothing comes back before the reset, what the calls leave of
 * their shares is saved up.
 */
export class QuotaPacer {
  #quota: UsableQuota;
  /** The time that was let pass last. */
  #now: number;
  /** All that was sent, in units of the quota. */
  #spent: number;
  /** What is left, by our count; it rises between two answers. */
  #left: number;
  #newest = -1;
  #resetAt: number;
  #most = 0;
  readonly #ledger = new Ledger();
  /** How long a window is: as told, as seen where it was full again before its time, or the longest time until a reset. */
  #window = 0;
  #seen: number | undefined;
  #renewedAt: number;
  /** What can be spent in each window, where a quota is reset before the answers tell of it; 0 where it is not. */
  #share = 0;
  /** So much came back in so many ms, as far as it was seen. */
  #came = 0;
  #over = 0;
  #batch: Batch | undefined;
  #past: Batch | undefined;
  #credit = 0;
  #rate = 0;
  #trust = 0.95;
  /** Until then others are believed to use the quota too: less came back than was promised. */
  #sharedUntil = -Infinity;
  #shared = false;
  #roundTrip = 0;
  #sentAt: number;
  /** How many requests are under way, and how many were sent after the newest one that is answered: the others may not be counted yet. */
  #inFlight = 0;
  #after = 0;
  /** How many calls want to go, and how many of them were here while half was left. */
  #waiting = 1;
  #early = 0;
  /** For how long one of them could wait, at most. */
  #longest = 0;
  readonly #trial: Trial;

  /** `late`: it appeared after many requests only. */
  constructor(quota: UsableQuota, spent: number, now: number, late: boolean) {
    this.#quota = quota;
    this.#trial = new Trial(late);
    this.#spent = spent;
    this.#left = quota.remaining;
    this.#now = this.#sentAt = this.#renewedAt = now;
    this.#resetAt = now + this.#noteWindow(quota);
    this.#ledger.note(-Infinity, spent, 0);
  }

  get left(): number {
    return Math.max(0, this.#left);
  }

  /** Per ms. */
  get rate(): number {
    return this.#rate;
  }

  /** Less than half believed: the server refuses what it says is left. */
  get believed(): boolean {
    return this.#trust > 0.5;
  }

  /** The server refused although something should have been left. */
  distrust(): void {
    this.#trust *= 0.9;
  }

  take(cost: number): void {
    const now = this.#now;
    if (this.#trial.mayTry(now) && this.#wait(now, cost) > TRIED_FROM_MS) this.#trial.sent(this.#spent, now);
    this.#sentAt = now;
    this.#spend(cost);
    this.#inFlight++;
    this.#after++;
    this.#early--;
    this.#credit = Math.max(-10 * this.#whole, this.#credit - cost);
    if (cost <= 1) this.#credit = Math.max(0, this.#credit);
  }

  /** The true cost of a call that was sent with another one. */
  correct(difference: number): void {
    this.#spend(difference);
  }

  #spend(cost: number): void {
    this.#spent += cost;
    this.#left -= cost;
    this.#ledger.note(this.#now, this.#spent, this.#window + 2 * this.#roundTrip);
  }

  /** Learns from what an answer says of it. */
  settle(quota: UsableQuota, { before, after, cost, sentAt, now, roundTrip, accepted }: Answered): void {
    if (accepted) this.#trial.compare(quota.remaining, sentAt, now);
    this.#quota = quota;
    this.#roundTrip = roundTrip;
    this.#most = Math.max(this.#most, quota.remaining + cost);
    const resetIn = this.#noteWindow(quota);
    this.#gather(quota, before, now, now + resetIn);
    const refilled = this.#refill * within(now - sentAt, 0, 1_000);
    const left = quota.remaining - (this.#spent - before - cost) + refilled;
    const ofWindow = Math.min(this.#whole, quota.remaining + before + cost - this.#ledger.by(sentAt - this.#window));
    // a bucket has no window that ends: what it tells is when it is full
    this.#share = now - sentAt < (this.#larger ? this.#window : resetIn) ? 0 : ofWindow;
    if (before > this.#newest) {
      this.#left = left;
      this.#newest = before;
      this.#after = after;
    } else {
      // once all are answered, what the last answers tell; those before count too, if the request that was sent last was among them
      const { left: told, spent } = this.#batch!;
      const all = spent < this.#newest ? Math.min(told, this.#past!.left) : told;
      this.#left = this.#inFlight > 1 ? Math.min(this.#left, left) : all;
    }
  }

  advance(now: number, inFlight: number): void {
    this.#inFlight = inFlight;
    const elapsed = Math.max(0, now - this.#now);
    this.#now = Math.max(this.#now, now);
    this.#left = Math.min(Math.max(this.#left, this.#whole), this.#left + this.#refill * elapsed);
    // what was spent longer ago than a window has come back; nothing else, where all that was seen is older than a window
    if (this.#share > 0) {
      const ofShare = this.#share - this.#spent + this.#ledger.by(now - this.#window);
      this.#left = this.#roundTrip < this.#window ? Math.max(this.#left, ofShare) : ofShare;
    }
    if (now > this.#sharedUntil) this.#shared = false;
    const until = Math.max(50, this.#resetAt - now);
    const spare = this.#left - this.#reserve;
    this.#rate = this.#refill + Math.max(-0.5 * this.#refill, spare / until);
    if (this.#share > 0) this.#rate = this.#share / this.#window;
    // where it comes back by itself, others would use it at the same time
    const most = this.#refill > 0 ? 1 : Math.max(1, spare);
    this.#credit = Math.min(most, this.#credit + Math.max(0, this.#rate) * elapsed);
  }

  /** `time`: for so long the last of them can wait. */
  announce(waiting: number, time: number = 0): void {
    this.#waiting = waiting;
    this.#longest = Math.max(this.#longest, time);
    this.#early = this.#left > this.#plenty ? waiting : Math.min(this.#early, waiting);
  }

  delay(now: number, cost: number): number {
    const wait = this.#wait(now, cost);
    return wait > TRIED_FROM_MS && this.#trial.mayTry(now) ? 0 : wait;
  }

  /** Learns what became of a request, if it was a try; `before` is what had been sent before it. */
  settleTry(before: number, accepted: boolean): void {
    if (this.#trial.settle(before, accepted) && this.#trial.proofs > this.#quota.remaining + 2) this.#trust = 0;
  }

  #wait(now: number, cost: number): number {
    const least = Math.min(cost, Math.max(1, this.#whole));
    if (this.#covers(now, least)) return 0;
    if (!this.#shared && this.#left > this.#plenty && this.#left >= least) return 0;
    if (this.#credit >= 1 && ((cost <= 1 && this.#share === 0) || this.#left >= least)) return 0;
    if (this.#findsOut(now)) return 0;
    const every = this.#rate > 0 ? 1 / this.#rate : Infinity;
    const reset = this.#resetAt > now ? this.#resetAt - now + 2 : 20;
    // where the last of them cannot wait for its share, or the first for what was spent before it, to hold them back is in vain
    const share = every * Math.max(least * this.#waiting, -this.#credit);
    const isVain = this.#longest > 0 && Math.min(share, reset) > this.#longest;
    if (isVain && this.#left >= least) return 0;
    return Math.max(1, Math.min(every * (1 - Math.min(this.#credit, 0.9)), reset, 1_000));
  }

  /**
   * Does what is left cover all that wait, or where nothing came back so far, this one? Then to hold it back gains nothing,
   * if it was here while half was left: of those that come later there is no end, as from a loop, and they share the rest.
   * Not where the reset is near, so that the wait is short, nor where a cost is an estimate.
   */
  #covers(now: number, cost: number): boolean {
    if (this.#early < 1 || cost > 1) return false;
    if (this.#resetAt - now <= EVEN_BEFORE_RESET_MS) return false;
    const comesBack = this.#refill > 0;
    const uncounted = Math.max(0, this.#inFlight - this.#after) * cost;
    const spare = this.#left - uncounted - this.#reserve;
    return spare >= (comesBack ? this.#waiting : 1) * cost;
  }

  get #plenty(): number {
    return this.#whole * 0.5;
  }

  /** What is not spent, where it comes back while an answer is on its way. */
  get #reserve(): number {
    return this.#refill > 0 ? Math.min(this.#whole / 4, 1 + 0.3 * this.#roundTrip * this.#refill) : 0;
  }

  /** One finds out whether there is more. A slow answer holds up the next one for a window at most. */
  #findsOut(now: number): boolean {
    const isOver = now > Math.min(this.#resetAt + 1, this.#sentAt + LONGEST_UNASKED_MS);
    const isSlow = this.#sentAt <= now - this.#roundTrip && this.#sentAt <= Math.max(this.#resetAt, now - this.#window);
    return isOver && (this.#inFlight === 0 || isSlow);
  }

  /** The promise is of more than ever was left: no window but a bucket, of a smaller size. */
  get #larger(): boolean {
    return this.#limit > 2 * this.#most;
  }

  get #limit(): number {
    return this.#quota.limit ?? this.#most;
  }

  get #whole(): number {
    return this.#larger ? this.#most : this.#limit;
  }

  /** At least so much comes back per ms: as seen, or as promised where the promise is no window. */
  get #refill(): number {
    const seen = Math.max(0, this.#came) / Math.max(100, this.#over);
    return this.#larger && !this.#shared ? Math.max(seen, this.#trust * this.#promised) : seen;
  }

  get #promised(): number {
    const { limit, window } = this.#quota;
    return limit !== undefined && window !== undefined ? limit / window : 0;
  }

  /** Returns how far away the reset is: never further than a window is long. */
  #noteWindow({ reset, window }: UsableQuota): number {
    const told = reset || window || 1_000;
    this.#window = window ?? Math.min(this.#seen ?? Infinity, Math.max(this.#window, told));
    return Math.min(told, this.#window);
  }

  #gather(quota: UsableQuota, before: number, now: number, reset: number): void {
    const batch = this.#batch;
    if (!batch || now > batch.start + Math.max(30, 0.6 * this.#roundTrip)) {
      if (batch && this.#past) this.#compare(this.#past, batch);
      this.#past = batch;
      const told = now + (quota.reset ?? 0);
      this.#batch = { start: now, at: now, spent: before, left: quota.remaining, reset, told };
    } else {
      batch.at = Math.max(batch.at, now);
      batch.spent = Math.max(batch.spent, before);
      batch.left = Math.min(batch.left, quota.remaining);
      batch.reset = Math.min(batch.reset, reset);
    }
    this.#resetAt = this.#batch!.reset;
  }

  /** Measures what came back between two batches, while the bucket is not full. */
  #compare(a: Batch, b: Batch): void {
    const came = b.left - a.left + b.spent - a.spent;
    const time = Math.max(1, b.at - a.at);
    const full = this.#whole - 1.5;
    const untilTold = a.told - a.at;
    // the end is told in whole seconds, which is little of a long window, and much of a short one
    const late = this.#window > 10 * EVEN_BEFORE_RESET_MS ? EVEN_BEFORE_RESET_MS : 0;
    const isRenewed = a.left + came >= full && untilTold > EVEN_BEFORE_RESET_MS - late;
    // when it had to be: that says nothing of what comes back before
    if (isRenewed && time >= 0.75 * untilTold - late) return;
    // earlier: an honest bucket that is filled evenly is not
    if (isRenewed && a.left < 0.75 * this.#whole) {
      this.#seen = b.at - this.#renewedAt;
      this.#renewedAt = b.at;
    }
    const memory = Math.max(500, 4 * this.#roundTrip, 8 / Math.max(1e-4, this.#refill));
    const keep = Math.max(0, 1 - time / memory);
    if (a.left < full && b.left < full) {
      this.#came = this.#came * keep + came;
      this.#over = this.#over * keep + time;
    } else if (a.left < full && came > this.#refill * time) {
      this.#came = came;
      this.#over = time;
    }
    const measured = this.#over > Math.max(400, 3 * this.#roundTrip) && this.#whole > 4;
    if (measured && this.#larger && this.#came / this.#over < 0.6 * this.#promised) {
      this.#shared = true;
      this.#sharedUntil = b.at + SHARED_MS;
    }
  }
}
