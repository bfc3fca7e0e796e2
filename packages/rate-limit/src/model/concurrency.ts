import type { Stretch } from './stretch.ts';

/** So long a number is kept before one more is tried, ms; doubled with each try that fails. */
const PATIENCE = 15_000;

/** A limit on how many are in flight at once: nothing beyond a number is accepted, and nothing within it refused. */
export class Concurrency {
  #found = Infinity;
  #most = Infinity;
  #refuted = false;
  #tryAt = 0;
  #tries = 0;

  /** As many may be in flight. */
  get most(): number {
    return this.#most;
  }

  /** Looks at a stretch that ended with a refusal. True: the number explains the refusal, and nothing else is to be learned from it. */
  explains(stretch: Stretch, now: number, paced: boolean): boolean {
    if (this.#refuted || stretch.refusedInFlight === Infinity) return false;
    if (this.#found < Infinity) return this.#confirm(stretch, now);
    const { refusedInFlight } = stretch;
    const all = stretch.acceptedWith(0);
    const beyond = stretch.acceptedWith(refusedInFlight);
    const justBelow = stretch.acceptedWith(refusedInFlight - 2, refusedInFlight - 1);
    const suspected =
      refusedInFlight >= 3 && beyond <= (paced ? 0.1 : 0.25) * all && (!paced || justBelow >= 0.3 * all);
    if (suspected) {
      this.#found = this.#most = refusedInFlight - 1;
      this.#tryAt = now + PATIENCE;
    }
    return false;
  }

  /** As many were kept in flight for long and accepted: one more is tried. */
  accepted(inFlight: number, now: number): void {
    if (this.#most < Infinity && inFlight >= this.#most && now > this.#tryAt) this.#most = this.#found + 1;
  }

  #confirm(stretch: Stretch, now: number): boolean {
    if (stretch.refusedInFlight <= this.#found && this.#most === this.#found) {
      this.#refuted = true; // a pace that is taken for a number would run free
      this.#found = this.#most = Infinity;
      return false;
    }
    this.#most = this.#found;
    this.#tryAt = now + PATIENCE * 2 ** Math.min(4, ++this.#tries);
    return true;
  }
}
