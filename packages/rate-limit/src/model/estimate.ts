import { type BucketFit, fitBucket, rootOf } from '@steadfetch/core/kit';
import type { History } from './history.ts';

/** A token bucket that explains a history. Rates are in requests per millisecond. */
export interface Estimate {
  readonly rate: number;
  readonly burst: number;
  /** The relative error: half of the width of the range of rates that also explain the history, divided by the rate. */
  readonly error: number;
}

/** The lowest rate that is considered: about one request in three hours. */
const MIN_RATE = 1e-7;

/**
 * Finds the rate and the burst of the token bucket that accepted and refused what the history shows. If a rate is too low, an acceptance
 * contradicts an earlier refusal; if it is too high, a refusal contradicts an earlier acceptance. Bisection finds the rate between.
 * The recorded times are wrong by a part of the longest round trip. Within that error the roundest rate wins, since limits are round
 * numbers. Returns nothing if no bucket explains the history, or if many rates do. Nor if the rate reaches `refusedRate`, the pace
 * that was refused: a bucket of one token at that rate explains any history.
 */
export function estimate(history: History, refusedRate: number): Estimate | undefined {
  const { entries, missing, longest } = history;
  const fitAt = (rate: number) => fitBucket(entries, missing, rate);
  const maxRate = Math.min(20, refusedRate);
  if (fitAt(maxRate).tooHigh === -Infinity || fitAt(MIN_RATE).tooLow === -Infinity) return undefined;
  const best = rootOf((rate) => fitAt(rate).tooLow - fitAt(rate).tooHigh, MIN_RATE, maxRate);
  const errorMs = 3 + 0.2 * longest;
  const low = rootOf((rate) => fitAt(rate).tooLow - errorMs * rate, MIN_RATE, best);
  const high = rootOf((rate) => errorMs * rate - fitAt(rate).tooHigh, MIN_RATE, maxRate);
  const rate = roundest(fitAt, best, 0.97 * refusedRate, 6 + 0.5 * longest);
  if (rate === undefined) return undefined;
  const { atLeast, below } = fitAt(rate);
  const burst = Math.max(1, Math.floor(Math.min(atLeast, below) + 0.1)); // buckets hold whole requests
  return { rate, burst, error: Math.max(0, high - low) / rate / 2 };
}

/**
 * Returns the roundest rate below `max` that explains the history, if its times are wrong by up to `errorMs`. Few digits,
 * small contradictions and a small distance to the best fit count together. Rates from a third to three times the best fit are considered,
 * since a second fit may lie far away if the first burst took as long as the search.
 */
function roundest(fitAt: (rate: number) => BucketFit, best: number, max: number, errorMs: number): number | undefined {
  let found: number | undefined;
  let lowest = Infinity;
  const consider = (rate: number): void => {
    const { tooLow, tooHigh } = fitAt(rate);
    const contradiction = Math.max(0, tooLow, tooHigh) / (1 + errorMs * rate);
    if (contradiction >= 1 || rate >= max) return;
    const penalty = digitsOf(1_000 * rate) + 1.5 * contradiction + 2 * Math.abs(Math.log(rate / best));
    if (penalty < lowest) [found, lowest] = [rate, penalty];
  };
  consider(best);
  // the other candidates differ from the best fit in its second digit
  const unit = 10 ** Math.floor(Math.log10(best) - 1);
  for (let n = Math.ceil(best / unit / 3); n * unit < 3 * best; n++) consider(n * unit);
  return found;
}

/** The number of significant digits of a value, at most three: 1 for 100, 2 for 15. 10, 20 and 50 are rounder than 30. */
function digitsOf(value: number): number {
  const digits = Number(value.toPrecision(3)).toExponential().split('e')[0]!.replace('.', '');
  return digits.length + (/^[125]$/.test(digits) ? 0 : 0.2);
}
