const BUCKETS = 20;

/** How many calls the window has, and how many of these are marked. */
export interface ShareCounts {
  calls: number;
  marked: number;
}

/**
 * Counts calls over a sliding window. Memory does not depend on the rate: the window has 20 buckets. So a call leaves the window after 95
 * to 100 % of its length.
 */
export class SlidingShare {
  readonly #width: number;
  readonly #now: () => number;
  readonly #buckets = Array.from({ length: BUCKETS }, () => ({ slot: -1, calls: 0, marked: 0 }));

  constructor(window: number, now: () => number) {
    this.#width = window / BUCKETS;
    this.#now = now;
  }

  add(isMarked: boolean): void {
    const slot = this.#slot();
    const bucket = this.#buckets[slot % BUCKETS]!;
    if (bucket.slot !== slot) Object.assign(bucket, { slot, calls: 0, marked: 0 });
    bucket.calls++;
    if (isMarked) bucket.marked++;
  }

  count(): ShareCounts {
    const oldest = this.#slot() - BUCKETS;
    const sum = { calls: 0, marked: 0 };
    for (const { slot, calls, marked } of this.#buckets) {
      if (slot <= oldest) continue;
      sum.calls += calls;
      sum.marked += marked;
    }
    return sum;
  }

  /** The number of the current bucket, counted since the clock's zero. */
  #slot(): number {
    return Math.floor(this.#now() / this.#width);
  }
}
