/** The age at which calls end is known after this many consecutive calls that ended at the same age. */
const MIN_CALLS = 4;
/** Two ages are the same if they differ by less than this share. */
const TOLERANCE = 0.1;

/** Learns at which age callers abort their calls: unlike a `timeout()` outside, an `AbortSignal` does not show its time in advance. */
export class Lifetime {
  #age = 0;
  #calls = 0;
  /** Four times as many after each age that was refuted. */
  #callsNeeded = MIN_CALLS;

  /** In milliseconds; `Infinity` while it is not known. */
  get ms(): number {
    return this.#calls >= this.#callsNeeded ? this.#age : Infinity;
  }

  /** A call was aborted at this age. */
  ended(age: number): void {
    if (age > (1 + TOLERANCE) * this.#age) [this.#age, this.#calls] = [age, 1];
    else if (age > (1 - TOLERANCE) * this.#age) this.#calls++;
  }

  /** A call was not aborted up to this age. If it is older than the learned age, that was wrong. */
  outlived(age: number): void {
    if (age <= (1 + TOLERANCE) * this.#age) return;
    if (this.ms < Infinity) this.#callsNeeded *= MIN_CALLS;
    [this.#age, this.#calls] = [0, 0];
  }
}
