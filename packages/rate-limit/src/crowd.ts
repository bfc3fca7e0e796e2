/** So many go on in one turn of the event loop. */
const MOST = 200;

interface Batch {
  readonly turn: Promise<void>;
  readonly start: () => void;
}

/** Lets a few go on in each turn of the event loop: many answers that come at once must not hold it for long. */
export class Crowd {
  /** How many have come since the last batch began to fill. */
  #count = 0;
  #isTurning = false;
  readonly #batches: Batch[] = [];

  /** Returns at once, or a promise of another turn, which it shares with others. */
  enter(): Promise<void> | undefined {
    if (!this.#isTurning) {
      this.#isTurning = true;
      setTimeout(() => this.#turn());
    }
    if (this.#count === MOST) {
      this.#batches.push(batch());
      this.#count = 0;
    }
    this.#count++;
    return this.#batches.at(-1)?.turn;
  }

  #turn(): void {
    const next = this.#batches.shift();
    this.#isTurning = next !== undefined;
    if (!next) this.#count = 0;
    else setTimeout(() => this.#turn());
    next?.start();
  }
}

function batch(): Batch {
  let start = () => {};
  const turn = new Promise<void>((resolve) => {
    start = resolve;
  });
  return { turn, start };
}
