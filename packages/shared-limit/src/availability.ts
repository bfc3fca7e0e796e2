import { LONGEST_UNREPORTED_MS } from './reports.ts';

/** A place that is not used and does not answer is asked again after this long, ms. */
const PAUSE_MS = 1_000;
/**
 * After this many questions without an answer the pause grows, up to the longest one, ms: the client of the place may keep unanswered questions in
 * memory, and send them all later.
 */
const MOST_UNANSWERED = 30;
const LONGEST_PAUSE_MS = 60_000;
/** A place is no longer used once late answers in a row took this long in all, ms. So it may be late for a while, as when many processes start. */
const LONGEST_LATE_MS = 5_000;
/** A place that failed again soon must answer in time for a while before it is used, for this long at most, ms. */
const LONGEST_PROOF_MS = 60_000;
/** Soon means that it was used for no longer than this many times the time for which it had to answer before. */
const SOON_FACTOR = 10;

/**
 * Decides whether one process uses the place, and from when on it uses it again. A place that fails soon after it was used again must answer in
 * time for longer and longer first: to use a place now and then is worse than not to use it.
 */
export class Availability {
  isUsed = true;
  /** When a place that is not used is asked again. */
  askAgainAt = 0;
  /** How many questions were asked since the place was left, or since its last answer or error. */
  #unanswered = 0;
  /** How long the last late answers in a row took in all. */
  #lateMs = 0;
  /** Since when a place that is not used answers in time, and from when on it is used again. */
  #goodSince: number | undefined;
  #backAt = 0;
  /** How long it must answer in time before it is used again; and since when it is used. */
  #proofMs = 0;
  #usedSince: number;

  constructor(now: number) {
    this.#usedSince = now;
  }

  /** How long the place has been used, ms. */
  usedFor(now: number): number {
    return now - this.#usedSince;
  }

  asked(now: number): void {
    this.#unanswered++;
    const pause = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * Math.max(1, this.#unanswered - MOST_UNANSWERED));
    this.askAgainAt = now + (this.#goodSince === undefined ? pause : LONGEST_UNREPORTED_MS);
  }

  /** Notes that an answer or an error has come. */
  received(now: number): void {
    this.#unanswered = 0;
    this.askAgainAt = Math.min(this.askAgainAt, now + PAUSE_MS);
  }

  /** Notes that calls waited for an answer that came in time. */
  inTime(): void {
    this.#lateMs = 0;
  }

  /** Notes that calls waited for an answer that was late. Returns whether the place is too slow to be used. */
  late(took: number): boolean {
    this.#lateMs += took;
    return this.#lateMs >= LONGEST_LATE_MS;
  }

  /** Notes that a place that is not used has answered in time. All processes come back at `backAt` or later. */
  answered(now: number, backAt: number): void {
    this.#goodSince ??= now;
    this.#backAt = Math.max(this.#goodSince + this.#proofMs, backAt);
  }

  /** Notes that it failed or was late. */
  missed(): void {
    this.#goodSince = undefined;
  }

  leave(now: number): void {
    const isSoon = this.usedFor(now) <= SOON_FACTOR * Math.max(PAUSE_MS, this.#proofMs);
    this.#proofMs = isSoon ? Math.min(LONGEST_PROOF_MS, Math.max(PAUSE_MS, 4 * this.#proofMs)) : 0;
    this.isUsed = false;
    this.#unanswered = 0;
    this.askAgainAt = now + PAUSE_MS;
  }

  /** Stops using the place because another process did. */
  leaveToo(now: number, backAt: number): void {
    this.isUsed = false;
    this.#goodSince = now;
    this.#backAt = backAt;
  }

  /** Whether a place that is not used can be used again. */
  isReady(now: number): boolean {
    return !this.isUsed && this.#goodSince !== undefined && now >= this.#backAt;
  }

  comeBack(now: number): void {
    this.isUsed = true;
    this.#goodSince = undefined;
    this.#usedSince = now;
    this.#lateMs = 0;
  }

  /** In how many ms this process may use the place again at the earliest; `undefined`: it uses it. */
  aloneFor(now: number): number | undefined {
    if (this.isUsed) return undefined;
    if (this.#goodSince === undefined) return Math.max(2 * PAUSE_MS, this.#proofMs);
    return Math.max(0, this.#goodSince + this.#proofMs - now);
  }
}
