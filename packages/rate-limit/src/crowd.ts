/** So many go on in one turn of the event loop. */
const MOST = 200;

/** Lets a few go on in each turn of the event loop: many answers that come at once must not hold it for long. */
export class Crowd {
  #count = 0;
  #isTurning = false;
  readonly #waiting: (() => void)[] = [];

  /** Returns at once, or a promise of another turn. */
  enter(): Promise<void> | undefined {
    if (!this.#isTurning) {
      this.#isTurning = true;
      setTimeout(() => this.#turn());
    }
    if (this.#count++ < MOST) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #turn(): void {
    this.#isTurning = this.#waiting.length > 0;
    this.#count = this.#waiting.length;
    if (!this.#isTurning) return;
    setTimeout(() => this.#turn());
    for (const resolve of this.#waiting.splice(0, MOST)) resolve();
  }
}
