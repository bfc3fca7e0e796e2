import type { Quota } from './answer.ts';
import type { Answered } from './quota-pacer.ts';

/** Answers that come at about the same time, in any order: together they say the least that is left after the last request. */
interface Batch {
  start: number;
  at: number;
  spent: number;
  left: number;
  /** When it is reset, and when it would be as told. */
  reset: number;
  told: number;
  /** Nothing came back since the batch before: both are of one window, and tell the same end of it. */
  goesOn: boolean;
}

/** For how long a quota counts as shared once less came back than was promised, in milliseconds. */
const SHARED_MS = 20_000;
/** The end of a window is told in whole seconds. */
const WHOLE_SECOND_MS = 1_000;
/** In a quota of so many or fewer, what comes back cannot be told from chance. */
const TOO_FEW = 4;
/** How far told numbers are trusted that were not contradicted. */
export const FULL_TRUST = 0.95;

/** How large a quota is, when it is reset, and how much comes back before: as told, and as seen from one batch of answers to the next. */
export class Refill {
  /** As told last. */
  quota: Quota;
  /** How far the told numbers are trusted, from 0 to 1. */
  trust: number = FULL_TRUST;
  resetAt: number;
  /** How long a window is: as told, as seen where it was full again before its time, or the longest time until a reset. */
  window = 0;
  /** Only the last of it is told: more was left than was ever told. */
  untold: boolean;
  /** Others seem to use the quota too: less came back than was promised. */
  shared = false;
  /** What was spent comes back evenly and not at the told end, as where two counters slide: little was left early in a window. */
  #slides = false;
  /** A refusal early in a window asked to wait for its end: an even pace gains nothing. */
  #isWindow = false;
  /** The most that was ever left. */
  #most = 0;
  /** How long the last window was that was full again before its told end. */
  #seen: number | undefined;
  /** A quota of one is renewed so long after an accepted answer at the latest, in milliseconds. */
  #latest = Infinity;
  /** When the last accepted answer came. */
  #acceptedAt = Infinity;
  #renewedAt: number;
  /** What was seen to come back, and in how many milliseconds. */
  #came = 0;
  #over = 0;
  #batch: Batch | undefined;
  #past: Batch | undefined;
  #sharedUntil = -Infinity;
  #roundTrip = 0;

  constructor(quota: Quota, now: number, untold: boolean) {
    this.quota = quota;
    this.untold = untold;
    this.#renewedAt = now;
    this.resetAt = now + this.#noteWindow(quota);
  }

  /**
   * Whether it is a bucket and no window: more is promised than was ever left. Where only the last of it is told, and answers take longer
   * than the window, it counts as a window: as a bucket it would be spent as slowly as if no more were there.
   */
  get isBucket(): boolean {
    return this.#limit > 2 * this.#most && !(this.untold && this.#roundTrip >= this.window);
  }

  get #limit(): number {
    return this.quota.limit ?? this.#most;
  }

  /** How much it holds when it is full. */
  get whole(): number {
    return this.isBucket ? this.#most : this.#limit;
  }

  /** At least so much comes back per ms: as seen, or as promised where the promise is no window. */
  get rate(): number {
    const measured = Math.max(0, this.#came) / Math.max(100, this.#over);
    const seen = measured * this.window < 1 ? 0 : measured; // less than one in a window is none
    if (this.#slides) return Math.max(seen, (this.trust * this.whole) / this.window);
    return this.isBucket && !this.shared ? Math.max(seen, this.trust * this.#promised) : seen;
  }

  get #promised(): number {
    const { limit, window } = this.quota;
    return limit !== undefined && window !== undefined ? limit / window : 0;
  }

  advance(now: number): void {
    if (now > this.#sharedUntil) this.shared = false;
  }

  /** Learns from what an answer says. Returns how far away the reset is. */
  note(quota: Quota, answered: Answered): number {
    this.quota = quota;
    this.#roundTrip = answered.roundTrip;
    this.#most = Math.max(this.#most, quota.remaining + answered.cost);
    if (this.whole === 1) this.#noteWait(answered, quota.reset);
    const resetIn = this.#noteWindow(quota);
    this.#noteSliding(quota, answered);
    this.#gather(quota, answered, answered.now + resetIn);
    return resetIn;
  }

  /** What the last answers say is left; those before count too, if `newest`, the request that was sent last, was among them. */
  leftAfter(newest: number): number {
    const { left, spent } = this.#batch!;
    return spent < newest ? Math.min(left, this.#past!.left) : left;
  }

  /** Returns how far away the reset is: never further than a window is long. */
  #noteWindow({ reset, window }: Quota): number {
    const told = reset || window || 1_000;
    this.window = window ?? Math.min(this.#seen ?? Infinity, this.#latest, Math.max(this.window, told));
    return Math.min(told, this.window);
  }

  /**
   * A refusal with a wait says when a quota of one is renewed at the latest: an instant in whole seconds less a `Date` in whole seconds
   * makes two seconds of one. Not where the two differ by more than they are rounded. One that is refused later than that corrects it.
   */
  #noteWait({ accepted, sentAt, now, wait = 0 }: Answered, reset = 0): void {
    if (accepted) this.#acceptedAt = now;
    else if (sentAt >= this.#acceptedAt && wait > 0 && reset < wait + 2 * WHOLE_SECOND_MS) {
      const latest = Math.max(0, now - this.#acceptedAt) + wait;
      this.#latest = latest - WHOLE_SECOND_MS > this.#latest ? latest : Math.min(this.#latest, latest);
    }
  }

  /** The first answer in a window says whether all came back at the end of the one before. Only where its end is far, as it is told in whole seconds. */
  #noteSliding({ remaining, reset = 0 }: Quota, { accepted, before, sentAt, wait = 0 }: Answered): void {
    if (this.isBucket || this.#isWindow || reset <= Math.max(WHOLE_SECOND_MS, this.window / 2)) return;
    this.#isWindow = this.#slides && !accepted && wait >= reset;
    const batch = this.#batch;
    if (this.#isWindow) this.#slides = false;
    else if (batch && sentAt > batch.told) this.#slides = remaining + before - batch.spent < this.whole / 2;
  }

  #gather(quota: Quota, answered: Answered, reset: number): void {
    const { before, now } = answered;
    const batch = this.#batch;
    if (!batch || now > batch.start + Math.max(30, 0.6 * this.#roundTrip)) {
      if (batch && this.#past) this.#compare(this.#past, batch);
      this.#past = batch;
      const told = now + (quota.reset ?? 0);
      const next = { start: now, at: now, spent: before, left: quota.remaining, reset, told, goesOn: false };
      // its end is the earliest that was told: told in whole seconds, rounded up, it would never come nearer
      const goesOn = batch && this.#goesOn(batch, next, answered);
      this.#batch = goesOn ? { ...next, reset: batch.reset, told: batch.told, goesOn } : next;
    } else {
      batch.at = Math.max(batch.at, now);
      batch.spent = Math.max(batch.spent, before);
      batch.left = Math.min(batch.left, quota.remaining);
      batch.reset = Math.min(batch.reset, reset);
    }
    this.resetAt = this.#batch!.reset;
  }

  /**
   * Whether two batches of answers are of one window. A refused request takes nothing of it, though it was sent. Answers that take
   * as long as a window are of several. A limit that is known in advance paces by itself, and would wait for the end as well.
   */
  #goesOn(batch: Batch, next: Batch, { accepted, isCertain }: Answered): boolean {
    if (isCertain || this.isBucket || this.whole <= TOO_FEW || batch.reset <= next.at) return false;
    if (this.#roundTrip >= this.window || next.reset - batch.reset >= WHOLE_SECOND_MS) return false;
    return accepted ? cameBack(batch, next) <= 0 : batch.goesOn;
  }

  /** Measures what came back between two batches, while the bucket is not full. */
  #compare(a: Batch, b: Batch): void {
    const came = cameBack(a, b);
    const time = Math.max(1, b.at - a.at);
    const full = this.whole - 1.5;
    const untilTold = a.told - a.at;
    // a second is little of a long window, and much of a short one, unless it is seen that nothing came back in it
    const late = this.window > 10 * WHOLE_SECOND_MS ? WHOLE_SECOND_MS : 0;
    const isRenewed = a.left + came >= full && (a.goesOn || untilTold > WHOLE_SECOND_MS - late);
    // when it had to be: that says nothing of what comes back before
    if (isRenewed && time >= 0.75 * untilTold - late) return;
    // earlier: an honest bucket that is filled evenly is not
    if (isRenewed && a.left < 0.75 * this.whole) {
      this.#seen = b.at - this.#renewedAt;
      this.#renewedAt = b.at;
    }
    const memory = Math.max(500, 4 * this.#roundTrip, 8 / Math.max(1e-4, this.rate));
    const keep = Math.max(0, 1 - time / memory);
    if (a.left < full && b.left < full) {
      this.#came = this.#came * keep + came;
      this.#over = this.#over * keep + time;
    } else if (a.left < full && came > this.rate * time) {
      this.#came = came;
      this.#over = time;
    }
    const measured = this.#over > Math.max(400, 3 * this.#roundTrip) && this.whole > TOO_FEW;
    if (measured && this.isBucket && this.#came / this.#over < 0.6 * this.#promised) {
      this.shared = true;
      this.#sharedUntil = b.at + SHARED_MS;
    }
  }
}

/** What came back from one batch to a later one. */
function cameBack(a: Batch, b: Batch): number {
  return b.left - a.left + b.spent - a.spent;
}
