/** Requests accepted between two times, with their total cost. A cost of 0: a request that was refused. */
interface Entry {
  readonly from: number;
  readonly to: number;
  readonly cost: number;
}

/** How far a rate contradicts a history, in requests: no contradiction is 0 or less. The burst is `atLeast` one number and `below` the other. */
export interface BucketFit {
  readonly tooLow: number;
  readonly tooHigh: number;
  readonly atLeast: number;
  readonly below: number;
}

/**
 * Compares a token bucket with what was accepted and refused. `missing`: how many tokens the bucket lacks at the start. `rate`: its refill
 * per ms. `v` is the number of tokens that are missing from a full bucket: an acceptance proves burst >= v, a refusal burst < v + 1.
 */
export function fitBucket(history: readonly Entry[], missing: number, rate: number): BucketFit {
  let v = missing;
  let time = history[0]?.from ?? 0;
  let atLeast = 0;
  let below = Infinity;
  let tooLow = -Infinity;
  let tooHigh = -Infinity;
  for (const { from, to, cost } of history) {
    v = Math.max(0, v - rate * (from - time));
    time = to;
    if (cost > 0) {
      v = Math.max(Math.min(1, cost), v + cost - rate * (to - from));
      atLeast = Math.max(atLeast, v);
      tooLow = Math.max(tooLow, v - below);
    } else {
      below = Math.min(below, v + 1);
      tooHigh = Math.max(tooHigh, atLeast - v - 1);
    }
  }
  return { tooLow, tooHigh, atLeast, below };
}

/** Finds where a falling function crosses zero between two positive numbers, by bisection on a logarithmic scale. */
export function rootOf(of: (value: number) => number, least: number, most: number): number {
  let low = least;
  let high = most;
  for (let i = 0; i < 30; i++) {
    const middle = Math.sqrt(low * high);
    if (of(middle) > 0) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}
