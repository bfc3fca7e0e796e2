import type { History } from './history.ts';
import { within } from './within.ts';

/** A bucket that explains a history. Rates are per ms. */
export interface Estimate {
  readonly rate: number;
  readonly burst: number;
  /** Half of the width of the rates that would explain it too, as a share of the rate. */
  readonly doubt: number;
}

/** The least rate that is looked at: one in three hours. */
const LEAST = 1e-7;

/**
 * Finds rate and burst from what a bucket accepted and refused. Let v be what is missing from full. An acceptance says
 * burst >= v, a refusal burst < v + 1. A rate that is too low makes a later acceptance contradict an earlier refusal, one that
 * is too high a refusal an earlier acceptance; the rate between is found by halving. Nothing is found where the history leaves
 * the rate open, where no bucket explains it, or where it is as high as `top`, the pace that was refused: a bucket of one at
 * that rate explains everything.
 */
export function estimate(history: History, top: number, roundTrip: number): Estimate | undefined {
  const { entries, missing } = history;
  const at = (rate: number) => contradiction(entries, missing, rate);
  const reach = Math.min(20, top);
  if (at(reach).tooHigh === -Infinity || at(LEAST).tooLow === -Infinity) return undefined;
  const best = root((rate) => at(rate).tooLow - at(rate).tooHigh, reach);
  const found = at(best);
  const slack = 6 + 0.3 * roundTrip; // by so many ms the times may be wrong
  const fine = 3 + 0.2 * roundTrip;
  const low = Math.min(
    best,
    root((rate) => at(rate).tooLow - fine * rate, reach),
  );
  const high = Math.max(
    best,
    root((rate) => fine * rate - at(rate).tooHigh, reach),
  );
  const burst = Math.max(1, Math.floor(Math.min(found.atLeast, found.below) + 0.1)); // buckets hold whole requests
  const whole = root((rate) => at(rate).atLeast - burst - 0.1 * slack * rate, reach);
  const rate = within(whole, best, high);
  const wrong = Math.max(found.tooLow, found.tooHigh);
  if (wrong >= 1 + slack * rate || rate >= 0.97 * top) return undefined;
  return { rate, burst, doubt: (high - low) / rate / 2 };
}

/** How far a rate contradicts the history in each direction, in requests, and what it says about the burst. */
function contradiction(entries: History['entries'], missing: number, rate: number) {
  let v = missing;
  let time = entries[0]?.from ?? 0;
  let atLeast = 0;
  let below = Infinity;
  let tooLow = -Infinity;
  let tooHigh = -Infinity;
  for (const { from, to, cost } of entries) {
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
