import { LATEST } from './reports.ts';

/** While the place is not used and does not answer, it is asked again after so long, ms. */
const PAUSE = 1_000;
/**
 * The client of the place may keep unanswered questions in memory. So after this many the place is asked less and less often, but at least
 * once in `LONGEST_PAUSE`, ms.
 */
const MANY = 30;
const LONGEST_PAUSE = 60_000;
/** A place whose late answers in a row took this long in all is no longer used, ms. So it may be late for a while, as when many processes start. */
const LONGEST_LATE = 5_000;
/** A place that failed again soon must answer in time for longer before it is used: for this long at most, ms. */
const LONGEST_PROOF = 60_000;
/** Soon: it was used for no longer than this many times the time for which it had to answer before. */
const SOON = 10;

/**
 * Whether the place is used, and from when on it is used again. One that failed again soon must first answer in time for a while: to use it
 * now and then is worse than not to use it.
 */
export class Availability {
  isUsed = true;
  /** When the place is asked again that is not used. */
  askAgainAt = 0;
  /** How many questions were asked since the place was left, or since its last answer or error. */
  #unheard = 0;
  /** How long the last answers took that were late, ms. */
  #late = 0;
  /** Since when it answers in time, and from when on it is used again. */
  #goodSince: number | undefined;
  #backAt = 0;
  /** For how long it must answer before it is used again; and since when it is used. */
  #proof = 0;
  #usedSince: number;

  constructor(now: number) {
    this.#usedSince = now;
  }

  /** For how long it is used already, ms. */
  usedFor(now: number): number {
    return now - this.#usedSince;
  }

  asked(now: number): void {
    this.#unheard++;
    const pause = Math.min(LONGEST_PAUSE, PAUSE * Math.max(1, this.#unheard - MANY));
    this.askAgainAt = now + (this.#goodSince === undefined ? pause : LATEST);
  }

  /** An answer or an error has come. */
  heard(now: number): void {
    this.#unheard = 0;
    this.askAgainAt = Math.min(this.askAgainAt, now + PAUSE);
  }

  /** Calls waited for an answer, which came in time. */
  inTime(): void {
    this.#late = 0;
  }

  /** Calls waited for an answer, which was late. Returns whether the place is too slow to be used. */
  late(took: number): boolean {
    this.#late += took;
    return this.#late >= LONGEST_LATE;
  }

  /** A place that is not used has answered in time. All come back at the time that it says, or later. */
  answered(now: number, backAt: number): void {
    this.#goodSince ??= now;
    this.#backAt = Math.max(this.#goodSince + this.#proof, backAt);
  }

  /** It failed or was late. */
  missed(): void {
    this.#goodSince = undefined;
  }

  leave(now: number): void {
    const isSoon = this.usedFor(now) <= SOON * Math.max(PAUSE, this.#proof);
    this.#proof = isSoon ? Math.min(LONGEST_PROOF, Math.max(PAUSE, 4 * this.#proof)) : 0;
    this.isUsed = false;
    this.#unheard = 0;
    this.askAgainAt = now + PAUSE;
  }

  /** Another process works without the place, so this one does. */
  leaveToo(now: number, backAt: number): void {
    this.isUsed = false;
    this.#goodSince = now;
    this.#backAt = backAt;
  }

  /** Whether it can be used again. */
  isBack(now: number): boolean {
    return !this.isUsed && this.#goodSince !== undefined && now >= this.#backAt;
  }

  comeBack(now: number): void {
    this.isUsed = true;
    this.#goodSince = undefined;
    this.#usedSince = now;
    this.#late = 0;
  }

  /** After how many ms this process may use the place again, once it has asked it again; `undefined`: it uses the place. */
  aloneFor(now: number): number | undefined {
    if (this.isUsed) return undefined;
    if (this.#goodSince === undefined) return Math.max(2 * PAUSE, this.#proof);
    return Math.max(0, this.#goodSince + this.#proof - now);
  }
}
