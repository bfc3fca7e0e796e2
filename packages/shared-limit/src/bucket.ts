import { type BucketFit, fitBucket, rootOf } from '@steadfetch/core/kit';
import type { Entry } from './state.ts';

/** The slowest rate that is tried: one a day, per ms. */
const SLOWEST = 1 / 86_400_000;
/** The times in reports may be wrong by this, ms; the second is the bound for a rate that is only a little worse than the best. */
const SLACK_MS = 40;
const FINE_MS = 20;
/** Each faster rate that is tried is this many times the one before. */
const STEP = 1.05;
/** A rate is better only if it contradicts the history by this many requests less. */
const BETTER = 0.3;
/** A history is coarse: a bucket may contradict it by this share of what refilled since the limit was last used up. */
const COARSE = 0.05;
/** A round number reduces the doubt by this at most. */
const MOST_REDUCED = 0.1;

export interface Bucket {
  readonly rate: number;
  readonly burst: number;
  /** The share by which the rate may be wrong. */
  readonly doubt: number;
}

/**
 * Returns the bucket that explains a history: it held something at each accepted request, and was empty at each refusal. `undefined` if none
 * slower than `top` does. `most` is the largest burst that is possible, and `time` the time between the last two refusals, ms.
 */
export function bucketOf(history: readonly Entry[], most: number, top: number, time: number): Bucket | undefined {
  const at = (rate: number) => fitOf(history, most, rate);
  const reach = Math.min(20, top);
  const slowest = rootOf((rate) => at(rate).tooLow - at(rate).tooHigh, SLOWEST, reach);
  // if the slowest rate contradicts the history, a faster and smaller bucket may not, which was full before a closing ended. The faster a
  // bucket is, the less contradicts it: so a faster one counts only if still faster ones contradict the history more again
  let rate = slowest;
  let misfit = Infinity;
  let [best, least] = [slowest, Infinity];
  for (let other = slowest; other < reach; other *= STEP) {
    const { tooLow, tooHigh } = at(other);
    const otherMisfit = Math.max(0, tooLow, tooHigh);
    if (otherMisfit < least - BETTER) [best, least] = [other, otherMisfit];
    if (other === slowest || otherMisfit > least + BETTER) [rate, misfit] = [best, least];
  }
  const isFaster = rate > slowest;
  const low = isFaster
    ? rootOf((other) => at(other).tooHigh - misfit - FINE_MS * other, slowest, rate)
    : rootOf((other) => at(other).tooLow - misfit - FINE_MS * other, SLOWEST, reach);
  const high = rootOf((other) => misfit + FINE_MS * other - at(other).tooHigh, isFaster ? rate : SLOWEST, reach);
  const refilled = rate * time;
  if (misfit >= 1 + SLACK_MS * rate + COARSE * refilled || rate >= 0.97 * top) return undefined;
  const round = roundest(at, rate, Math.max(low, rate / 2), Math.min(high, 2 * rate, 0.97 * top));
  const doubt = Math.max((high - low) / rate / 2, misfit / refilled);
  return { ...round, doubt: Math.max(round.doubt * doubt, doubt - MOST_REDUCED) };
}

/**
 * Returns a round rate, since limits are round numbers: of the rates between `low` and `high` with two digits per second or minute, one with a single
 * digit, or the nearest to the best. Its `doubt` is the share of the doubt that is left.
 */
function roundest(at: (rate: number) => BucketFit, best: number, low: number, high: number): Bucket {
  let [rate, doubt, least] = [best, 1, Infinity];
  for (const unit of [1_000, 60_000]) {
    const step = 10 ** Math.floor(Math.log10(best * unit) - 1);
    for (let n = Math.ceil((low * unit) / step); n * step <= high * unit; n++) {
      const digits = n % 10 === 0 ? 1 : 2;
      const price = digits + (2 * Math.abs((n * step) / unit - best)) / (high - low);
      if (price < least) [rate, doubt, least] = [(n * step) / unit, digits / 5, price];
    }
  }
  const { atLeast, below } = at(rate);
  return { rate, burst: Math.max(1, Math.round(Math.min(atLeast, below))), doubt };
}

/** How well a rate fits. A history that begins at a refusal begins with an empty bucket; how large it is only later refusals show, up to `most`. */
function fitOf(history: readonly Entry[], most: number, rate: number): BucketFit {
  if (history[0]?.cost !== 0) return fitBucket(history, 0, rate);
  return fitBucket(history, Math.min(most, fitBucket(history, most, rate).below), rate);
}
