import type { Stretch } from './stretch.ts';

/** How long a number is kept to before one more is tried, in milliseconds. */
const TRY_MORE_AFTER_MS = 60_000;

/** A limit on how many are in flight at once: nothing beyond a number is accepted, and nothing within it refused. */
export class Concurrency {
  /** The number that was measured; Infinity before that. */
  #found = Infinity;
  /** As many may be in flight: the number as measured, or one more while that is tried. */
  #most = Infinity;
  #tryAt = 0;

  get most(): number {
    return this.#most;
  }

  /** Learns from a stretch that ended with a refusal. Returns whether the number explains it: then nothing else is to be learned. */
  learn(stretch: Stretch, now: number): boolean {
    if (stretch.refusedInFlight === Infinity) return false;
    if (this.#found < Infinity) return this.#confirm(stretch, now);
    const { refusedInFlight } = stretch;
    const all = stretch.acceptedWith(0);
    const beyond = stretch.acceptedWith(refusedInFlight);
    // as many as the number may be a burst
    const isMoreThanBurst = refusedInFlight >= 3 && all >= refusedInFlight;
    if (isMoreThanBurst && beyond <= 0.25 * all) {
      this.#found = this.#most = refusedInFlight - 1;
      this.#tryAt = now + TRY_MORE_AFTER_MS;
    }
    return false;
  }

  /**
   * Learns from an accepted request. Where more than the number were in flight it is a try of one more, since some answers may have been
   * on their way. Where as many as the number were in flight, and for long, one more is tried.
   */
  accepted(inFlight: number, now: number, sentWith: number): void {
    if (sentWith > this.#most) [this.#found, this.#most] = [sentWith - 1, sentWith];
    if (this.#most === Infinity || inFlight < this.#most || now <= this.#tryAt) return;
    this.#most = this.#found + 1;
    this.#tryAt = now + TRY_MORE_AFTER_MS;
  }

  #confirm(stretch: Stretch, now: number): boolean {
    if (stretch.refusedInFlight <= this.#found && this.#most === this.#found) {
      this.#found = this.#most = Infinity;
      return false;
    }
    this.#most = this.#found;
    this.#tryAt = now + TRY_MORE_AFTER_MS;
    return true;
  }
}
