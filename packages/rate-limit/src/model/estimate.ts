import { type BucketFit, fitBucket, rootOf } from '@steadfetch/core/kit';
import type { History } from './history.ts';

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
 * Finds rate and burst from what a bucket accepted and refused. A rate that is too low makes a later acceptance contradict an
 * earlier refusal, one that is too high a refusal an earlier acceptance; the rate between is found by halving. Nothing is found
 * where the history leaves the rate open, where no bucket explains it, or where it is as high as `top`, the pace that was refused:
 * a bucket of one at that rate explains everything. The times are wrong by a part of the longest round trip: of the rates that this
 * leaves open the one is taken that is a round number, as limits are.
 */
export function estimate(history: History, top: number): Estimate | undefined {
  const { entries, missing, longest } = history;
  const at = (rate: number) => fitBucket(entries, missing, rate);
  const reach = Math.min(20, top);
  if (at(reach).tooHigh === -Infinity || at(LEAST).tooLow === -Infinity) return undefined;
  const best = rootOf((rate) => at(rate).tooLow - at(rate).tooHigh, LEAST, reach);
  const fine = 3 + 0.2 * longest; // by so many ms the times may be wrong
  const low = rootOf((rate) => at(rate).tooLow - fine * rate, LEAST, best);
  const high = rootOf((rate) => fine * rate - at(rate).tooHigh, LEAST, reach);
  const rate = roundest(at, best, 0.97 * top, 6 + 0.5 * longest);
  if (rate === undefined) return undefined;
  const { atLeast, below } = at(rate);
  const burst = Math.max(1, Math.floor(Math.min(atLeast, below) + 0.1)); // buckets hold whole requests
  return { rate, burst, doubt: Math.max(0, high - low) / rate / 2 };
}

/**
 * Of the rates that explain the history, if its times are wrong by so many ms, the roundest number with few contradictions and near
 * the best fit. Rates up to `most` are looked at: a second fit may lie far from the best one, where the first burst took as long as
 * the search.
 */
function roundest(at: (rate: number) => BucketFit, best: number, most: number, ms: number): number | undefined {
  let found: number | undefined;
  let least = Infinity;
  const consider = (rate: number): void => {
    const { tooLow, tooHigh } = at(rate);
    const wrong = Math.max(0, tooLow, tooHigh) / (1 + ms * rate);
    if (wrong >= 1 || rate >= most) return;
    const price = digitsOf(1_000 * rate) + 1.5 * wrong + 2 * Math.abs(Math.log(rate / best));
    if (price < least) [found, least] = [rate, price];
  };
  consider(best);
  // the others in steps of its second digit
  const unit = 10 ** Math.floor(Math.log10(best) - 1);
  for (let n = Math.ceil(best / unit / 3); n * unit < 3 * best; n++) consider(n * unit);
  return found;
}

/** How many digits it takes to write a number, to three: 1 for 100, 2 for 15. 10, 20 and 50 are rounder than 30. */
function digitsOf(value: number): number {
  const digits = Number(value.toPrecision(3)).toExponential().split('e')[0]!.replace('.', '');
  return digits.length + (/^[125]$/.test(digits) ? 0 : 0.2);
}
