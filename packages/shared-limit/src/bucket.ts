import type { Entry } from './state.ts';

/** The least rate that is looked for: one in a day, per ms. */
const LEAST = 1 / 86_400_000;
/** The times of a report may be wrong by so much, ms. */
const SLACK = 40;
const FINE = 20;
/** By so much of what came back a bucket may be off: the history is coarse. */
const LOOSE = 0.05;

export interface Bucket {
  readonly rate: number;
  readonly burst: number;
  /** By what part the rate may be wrong. */
  readonly doubt: number;
}

/**
 * The bucket that explains a history: each acceptance says that it held something, each refusal that it was empty. Found by
 * halving; `undefined` where none does at less than `top`. `time` is how long the last refusals lie apart.
 */
export function bucketOf(history: readonly Entry[], missing: number, top: number, time: number): Bucket | undefined {
  if (history.filter(({ cost }) => cost === 0).length < 2) return undefined; // one refusal fits any burst
  const at = (rate: number) => contradiction(history, missing, rate);
  const reach = Math.min(20, top);
  const best = root((rate) => at(rate).tooLow - at(rate).tooHigh, reach);
  const found = at(best);
  const low = Math.min(
    best,
    root((rate) => at(rate).tooLow - FINE * rate, reach),
  );
  const high = Math.max(
    best,
    root((rate) => FINE * rate - at(rate).tooHigh, reach),
  );
  const burst = Math.max(1, Math.floor(Math.min(found.atLeast, found.below) + 0.1)); // buckets hold whole requests
  const whole = root((rate) => at(rate).atLeast - burst - 0.1 * SLACK * rate, reach);
  const rate = Math.min(Math.max(whole, best), high);
  const wrong = Math.max(found.tooLow, found.tooHigh);
  const most = rate * time;
  if (wrong >= 1 + SLACK * rate + LOOSE * most || rate >= 0.97 * top) return undefined;
  return { rate, burst, doubt: Math.max((high - low) / rate / 2, wrong / most) };
}

/** How far a rate contradicts the history in each direction, in requests, and what it says about the burst. */
function contradiction(history: readonly Entry[], missing: number, rate: number) {
  let v = missing;
  let time = history[0]!.from;
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

/** Where a falling function crosses zero, by halving on a scale of ratios. */
function root(of: (rate: number) => number, most: number): number {
  let low = LEAST;
  let high = most;
  for (let i = 0; i < 30; i++) {
    const middle = Math.sqrt(low * high);
    if (of(middle) > 0) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}
