import type { Quota } from './answer.ts';
import type { Answered } from './quota-pacer.ts';

/** Answers that arrive at about the same time, in any order. The least that one of them reports is left after the last request. */
interface Batch {
  start: number;
  at: number;
  /** What had been sent before the last request. */
  spent: number;
  left: number;
  /** When the quota is reset, at most a window away; and the reported end of the window. */
  reset: number;
  end: number;
  /** Whether nothing was refilled since the batch before: then both belong to the same window, and report the same reset. */
  same: boolean;
}

/** How long a quota counts as shared after less was refilled than promised, in milliseconds. */
const SHARED_MS = 20_000;
/** Servers report resets in whole seconds. */
const WHOLE_SECOND_MS = 1_000;
/** In a quota of this size or less, a refill cannot be told from chance. */
const TOO_SMALL = 4;
/** The trust in reported numbers that were not contradicted. */
export const FULL_TRUST = 0.95;

/**
 * How large a quota is, when it is reset, and how much is refilled before: as reported, and as measured from one batch of answers to the
 * next. A quota is a window, which becomes full at each reset, or a bucket, which is refilled continuously at the promised rate.
 */
export class Refill {
  /** The numbers of the last answer. */
  quota: Quota;
  /** How far the reported numbers are trusted, from 0 to 1. */
  trust: number = FULL_TRUST;
  resetAt: number;
  /** The length of a window: as reported, as measured if it became full before its reset, or the longest reported time to a reset. */
  window = 0;
  /** Whether the server reports the quota only if little is left. */
  onlyLow: boolean;
  /** Whether other clients seem to use the quota: less was refilled than promised. */
  shared = false;
  /** Whether the window slides, so that it is refilled evenly and not at its end: little was left early in a window. */
  #isSliding = false;
  /** Whether the window is fixed: a refusal early in it asked to wait for its end. */
  #isFixed = false;
  /** The most that was ever left. */
  #mostLeft = 0;
  /** The length of the last window that became full before its reported reset. */
  #shortened: number | undefined;
  /** The longest time after an accepted answer until a quota of one is renewed, in milliseconds. */
  #renewedWithin = Infinity;
  #acceptedAt = Infinity;
  #renewedAt: number;
  /** The measured refill, and the milliseconds that it took. */
  #refilled = 0;
  #refillTime = 0;
  #batch: Batch | undefined;
  #batchBefore: Batch | undefined;
  #sharedUntil = -Infinity;
  #roundTrip = 0;

  constructor(quota: Quota, now: number, onlyLow: boolean) {
    this.quota = quota;
    this.onlyLow = onlyLow;
    this.#renewedAt = now;
    this.resetAt = now + this.#noteWindow(quota);
  }

  /**
   * Whether the quota is a bucket and not a window: the promised limit is more than twice what was ever left. A quota that is reported only
   * when it is low counts as a window if answers take longer than the window, since a bucket would be spent too slowly.
   */
  get isBucket(): boolean {
    return this.#limit > 2 * this.#mostLeft && !(this.onlyLow && this.#roundTrip >= this.window);
  }

  get #limit(): number {
    return this.quota.limit ?? this.#mostLeft;
  }

  /** How much the quota holds when it is full. */
  get size(): number {
    return this.isBucket ? this.#mostLeft : this.#limit;
  }

  /** How much is refilled per ms before the reset, at least: as measured, or as promised by a bucket or a sliding window. */
  get rate(): number {
    const perMs = Math.max(0, this.#refilled) / Math.max(100, this.#refillTime);
    const measured = perMs * this.window < 1 ? 0 : perMs; // less than one unit in a window counts as no refill
    if (this.#isSliding) return Math.max(measured, (this.trust * this.size) / this.window);
    return this.isBucket && !this.shared ? Math.max(measured, this.trust * this.#promised) : measured;
  }

  get #promised(): number {
    const { limit, window } = this.quota;
    return limit && window ? limit / window : 0;
  }

  advance(now: number): void {
    if (now > this.#sharedUntil) this.shared = false;
  }

  /** Learns from an answer. Returns how far away the reset is. */
  note(quota: Quota, answered: Answered): number {
    this.quota = quota;
    this.#roundTrip = answered.roundTrip;
    this.#mostLeft = Math.max(this.#mostLeft, quota.remaining + answered.cost);
    if (this.size === 1) this.#noteWait(answered, quota.reset);
    const resetIn = this.#noteWindow(quota);
    this.#noteSliding(quota, answered);
    this.#gather(quota, answered, answered.now + resetIn);
    return resetIn;
  }

  /** What is left by the last batch of answers; by the last two if the newest request was answered in the earlier one. */
  leftAfter(newest: number): number {
    const { left, spent } = this.#batch!;
    return spent < newest ? Math.min(left, this.#batchBefore!.left) : left;
  }

  /** Updates the length of the window; a reported 0 is none. Returns how far away the reset is: at most the length of a window. */
  #noteWindow({ reset, window }: Quota): number {
    const resetIn = reset || window || 1_000;
    this.window = window || Math.min(this.#shortened ?? Infinity, this.#renewedWithin, Math.max(this.window, resetIn));
    return Math.min(resetIn, this.window);
  }

  /**
   * The wait of a refusal bounds the time in which a quota of one is renewed. The reset may be too late: an instant in whole seconds minus a
   * `Date` in whole seconds makes two seconds of one. If the reset is later by more than that, the wait is ignored. A refusal
   * that shows the bound to be more than a second too early replaces it.
   */
  #noteWait({ accepted, sentAt, now, wait = 0 }: Answered, reset = 0): void {
    if (accepted) this.#acceptedAt = now;
    else if (sentAt >= this.#acceptedAt && wait > 0 && reset < wait + 2 * WHOLE_SECOND_MS) {
      const time = Math.max(0, now - this.#acceptedAt) + wait;
      this.#renewedWithin = time - WHOLE_SECOND_MS > this.#renewedWithin ? time : Math.min(this.#renewedWithin, time);
    }
  }

  /** Learns from an early answer in a window whether the quota became full at its start. A reset within a second may be rounding. */
  #noteSliding({ remaining, reset = 0 }: Quota, { accepted, before, sentAt, wait = 0 }: Answered): void {
    if (this.isBucket || this.#isFixed || reset <= Math.max(WHOLE_SECOND_MS, this.window / 2)) return;
    this.#isFixed = this.#isSliding && !accepted && wait >= reset;
    const batch = this.#batch;
    if (this.#isFixed) this.#isSliding = false;
    else if (batch && sentAt > batch.end) this.#isSliding = remaining + before - batch.spent < this.size / 2;
  }

  #gather(quota: Quota, answered: Answered, reset: number): void {
    const { before, now } = answered;
    const batch = this.#batch;
    if (!batch || now > batch.start + Math.max(30, 0.6 * this.#roundTrip)) {
      if (batch && this.#batchBefore) this.#compare(this.#batchBefore, batch);
      this.#batchBefore = batch;
      const end = now + (quota.reset ?? 0);
      const next = { start: now, at: now, spent: before, left: quota.remaining, reset, end, same: false };
      // the earliest reset that was reported in a window counts: rounded up to whole seconds, later ones would never come nearer
      const same = batch && this.#isSameWindow(batch, next, answered);
      this.#batch = same ? { ...next, reset: batch.reset, end: batch.end, same } : next;
    } else {
      batch.at = Math.max(batch.at, now);
      batch.spent = Math.max(batch.spent, before);
      batch.left = Math.min(batch.left, quota.remaining);
      batch.reset = Math.min(batch.reset, reset);
    }
    this.resetAt = this.#batch!.reset;
  }

  /**
   * Whether two batches of answers belong to the same window. A refused request is counted but takes nothing, so it cannot show this.
   * Answers that take as long as a window belong to several. A configured limit sets the pace, and would wait for the reset as well.
   */
  #isSameWindow(batch: Batch, next: Batch, { accepted, isCertain }: Answered): boolean {
    if (isCertain || this.isBucket || this.size <= TOO_SMALL || batch.reset <= next.at) return false;
    if (this.#roundTrip >= this.window || next.reset - batch.reset >= WHOLE_SECOND_MS) return false;
    return accepted ? refillBetween(batch, next) <= 0 : batch.same;
  }

  /** Measures what was refilled between two batches, while the quota was not full. */
  #compare(a: Batch, b: Batch): void {
    const refilled = refillBetween(a, b);
    const time = Math.max(1, b.at - a.at);
    const full = this.size - 1.5;
    const resetIn = a.end - a.at;
    // a reported reset may be a second late: in a short window, one within a second shows a renewal only if nothing was refilled before it
    const tolerance = this.window > 10 * WHOLE_SECOND_MS ? WHOLE_SECOND_MS : 0;
    const isRenewed = a.left + refilled >= full && (a.same || resetIn > WHOLE_SECOND_MS - tolerance);
    // renewed at the reported reset: this says nothing about a refill before it
    if (isRenewed && time >= 0.75 * resetIn - tolerance) return;
    // renewed earlier: the window is shorter than reported, since a bucket is not full so soon
    if (isRenewed && a.left < 0.75 * this.size) {
      this.#shortened = b.at - this.#renewedAt;
      this.#renewedAt = b.at;
    }
    const memory = Math.max(500, 4 * this.#roundTrip, 8 / Math.max(1e-4, this.rate));
    const keep = Math.max(0, 1 - time / memory);
    // after a pause of several windows the quota may have been full for a while: then only a higher rate is certain
    const wasFull = b.left >= full || (time > 5 * this.window && a.left + refilled >= full);
    if (a.left < full && !wasFull) {
      this.#refilled = this.#refilled * keep + refilled;
      this.#refillTime = this.#refillTime * keep + time;
    } else if (a.left < full && refilled > this.rate * time) {
      this.#refilled = refilled;
      this.#refillTime = time;
    }
    const isMeasured = this.#refillTime > Math.max(400, 3 * this.#roundTrip) && this.size > TOO_SMALL;
    if (isMeasured && this.isBucket && this.#refilled / this.#refillTime < 0.6 * this.#promised) {
      this.shared = true;
      this.#sharedUntil = b.at + SHARED_MS;
    }
  }
}

function refillBetween(a: Batch, b: Batch): number {
  return b.left - a.left + b.spent - a.spent;
}
