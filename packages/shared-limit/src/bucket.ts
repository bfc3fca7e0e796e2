import { type BucketFit, fitBucket, rootOf } from '@steadfetch/core/kit';
import type { Entry } from './state.ts';

/** The least rate that is looked for: one in a day, per ms. */
const LEAST = 1 / 86_400_000;
/** The times of a report may be wrong by so much, ms. */
const SLACK = 40;
const FINE = 20;
/** Each faster rate that is tried is so many times the one before. */
const STEP = 1.05;
/** A rate is better that is wrong by so many requests less. */
const BETTER = 0.3;
/** A history is coarse: a bucket may contradict it by this share of what came back since the limit was last used up. */
const LOOSE = 0.05;
/** A round number takes no more than this from the doubt. */
const MOST_TAKEN = 0.1;

export interface Bucket {
  readonly rate: number;
  readonly burst: number;
  /** By what part the rate may be wrong. */
  readonly doubt: number;
}

/**
 * The bucket that explains a history: each acceptance says that it held something, each refusal that it was empty. Found by
 * halving, and by trying faster ones; `undefined` where none does at less than `top`. `time` is how long the last refusals lie apart.
 */
export function bucketOf(history: readonly Entry[], most: number, top: number, time: number): Bucket | undefined {
  const at = (rate: number) => fitOf(history, most, rate);
  const reach = Math.min(20, top);
  const slowest = rootOf((rate) => at(rate).tooLow - at(rate).tooHigh, LEAST, reach);
  // where that one is wrong, a faster and smaller one may be right, which was full before a closing was over. But the faster it is the
  // less a history says against it, so one counts where yet faster ones are wrong again
  let rate = slowest;
  let wrong = Infinity;
  let [best, least] = [slowest, Infinity];
  for (let other = slowest; other < reach; other *= STEP) {
    const { tooLow, tooHigh } = at(other);
    const by = Math.max(0, tooLow, tooHigh);
    if (by < least - BETTER) [best, least] = [other, by];
    if (other === slowest || by > least + BETTER) [rate, wrong] = [best, least];
  }
  const isFaster = rate > slowest;
  const low = isFaster
    ? rootOf((other) => at(other).tooHigh - wrong - FINE * other, slowest, rate)
    : rootOf((other) => at(other).tooLow - wrong - FINE * other, LEAST, reach);
  const high = rootOf((other) => wrong + FINE * other - at(other).tooHigh, isFaster ? rate : LEAST, reach);
  const back = rate * time;
  if (wrong >= 1 + SLACK * rate + LOOSE * back || rate >= 0.97 * top) return undefined;
  const round = roundest(at, rate, Math.max(low, rate / 2), Math.min(high, 2 * rate, 0.97 * top));
  const doubt = Math.max((high - low) / rate / 2, wrong / back);
  return { ...round, doubt: Math.max(round.doubt * doubt, doubt - MOST_TAKEN) };
}

/**
 * Limits are round numbers: of the rates of two digits per second or minute that the history leaves open, one of a single digit, or the
 * one nearest to the best. And how much of the doubt that leaves.
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

/** A history that begins at a refusal begins with an empty bucket, whose size only the later refusals show: `most` is no less. */
function fitOf(history: readonly Entry[], most: number, rate: number): BucketFit {
  if (history[0]?.cost !== 0) return fitBucket(history, 0, rate);
  return fitBucket(history, Math.min(most, fitBucket(history, most, rate).below), rate);
}
