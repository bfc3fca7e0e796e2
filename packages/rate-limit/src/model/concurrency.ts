import type { Stretch } from './stretch.ts';

/** How long a limit is kept before one more request in flight is allowed, in milliseconds. */
const RAISE_AFTER_MS = 60_000;

/** A server's limit on requests in flight: it accepts hardly anything above a number of them, and refuses nothing up to it. */
export class Concurrency {
  /** The measured limit, Infinity if there is none. */
  #measured = Infinity;
  /** How many requests may be in flight: the measured limit, or one more to find out whether the limit has risen. */
  #most = Infinity;
  #raiseAt = 0;

  get most(): number {
    return this.#most;
  }

  /** Learns from a stretch that ended with a refusal. Returns whether the known limit explains it; then no other limit is learned. */
  learn(stretch: Stretch, now: number): boolean {
    if (stretch.refusedInFlight === Infinity) return false;
    if (this.#measured < Infinity) return this.#confirm(stretch, now);
    const { refusedInFlight } = stretch;
    const all = stretch.acceptedWith(0);
    const beyond = stretch.acceptedWith(refusedInFlight);
    // fewer accepted requests than were in flight at the refusal may just have been one burst
    const isMoreThanBurst = refusedInFlight >= 3 && all >= refusedInFlight;
    if (isMoreThanBurst && beyond <= 0.25 * all) {
      this.#measured = this.#most = refusedInFlight - 1;
      this.#raiseAt = now + RAISE_AFTER_MS;
    }
    return false;
  }

  /**
   * Learns from an accepted request. If more requests than allowed were in flight when it was sent, their number is allowed, but only tried:
   * the server may have finished some of them before. One more is tried if the limit is in full use a minute after it was last changed or
   * confirmed.
   */
  accepted(inFlight: number, now: number, sentWith: number): void {
    if (sentWith > this.#most) [this.#measured, this.#most] = [sentWith - 1, sentWith];
    if (this.#most === Infinity || inFlight < this.#most || now <= this.#raiseAt) return;
    this.#most = this.#measured + 1;
    this.#raiseAt = now + RAISE_AFTER_MS;
  }

  #confirm(stretch: Stretch, now: number): boolean {
    if (stretch.refusedInFlight <= this.#measured && this.#most === this.#measured) {
      this.#measured = this.#most = Infinity; // a refusal within the limit disproves it
      return false;
    }
    this.#most = this.#measured;
    this.#raiseAt = now + RAISE_AFTER_MS;
    return true;
  }
}
