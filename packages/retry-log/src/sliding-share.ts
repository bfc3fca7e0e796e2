const BUCKETS = 20;

/** How many calls there were in the last `window` milliseconds, and how many of them were marked. */
export interface ShareCounts {
  calls: number;
  marked: number;
}

/**
 * Counts over a sliding window in a fixed number of buckets, whatever the rate: a call leaves the window between 95 and
 * 100 % of its length after it came.
 */
export class SlidingShare {
  readonly #width: number;
  readonly #now: () => number;
  readonly #buckets = Array.from({ length: BUCKETS }, () => ({ turn: -1, calls: 0, marked: 0 }));

  constructor(window: number, now: () => number) {
    this.#width = window / BUCKETS;
    this.#now = now;
  }

  /** Counts one call. */
  add(isMarked: boolean): void {
    const turn = this.#turn();
    const bucket = this.#buckets[turn % BUCKETS]!;
    if (bucket.turn !== turn) Object.assign(bucket, { turn, calls: 0, marked: 0 });
    bucket.calls++;
    if (isMarked) bucket.marked++;
  }

  count(): ShareCounts {
    const oldest = this.#turn() - BUCKETS;
    const sum = { calls: 0, marked: 0 };
    for (const { turn, calls, marked } of this.#buckets) {
      if (turn <= oldest) continue;
      sum.calls += calls;
      sum.marked += marked;
    }
    return sum;
  }

  #turn(): number {
    return Math.floor(this.#now() / this.#width);
  }
}
