/** So many calls in a row that end at the same age show how long such calls live. */
const ENOUGH = 4;
/** Ages that differ by less than this share are the same. */
const SAME = 0.1;

/** After how long the calls of a gate are ended by their signals: unlike the time of `timeout()` it is not told in advance. */
export class Lifetime {
  #age = 0;
  #inARow = 0;
  /** More after each time that it was wrong. */
  #enough = ENOUGH;

  /** `Infinity` while it is not known. */
  get ms(): number {
    return this.#inARow >= this.#enough ? this.#age : Infinity;
  }

  ended(age: number): void {
    if (age > (1 + SAME) * this.#age) [this.#age, this.#inARow] = [age, 1];
    else if (age > (1 - SAME) * this.#age) this.#inARow++;
  }

  /** A call is not ended yet at this age. */
  outlived(age: number): void {
    if (age <= (1 + SAME) * this.#age) return;
    if (this.ms < Infinity) this.#enough *= ENOUGH;
    [this.#age, this.#inARow] = [0, 0];
  }
}
