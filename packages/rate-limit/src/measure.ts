import type { Belief } from './belief.ts';
import type { Epoch, LowerBound } from './epoch.ts';
import { digitsOf, roundNumber } from './round-number.ts';

type Known = Pick<Belief, 'rate' | 'burst' | 'bursty' | 'measured' | 'contended' | 'corrected' | 'least'>;

/** What an epoch says by itself: read as a bucket if it is bursty, else only as what was accepted since it was empty. */
export interface Finding extends Known {
  /** By how many requests the rate was measured, and in how many milliseconds. */
  readonly count: number;
  readonly ms: number;
}

/** Shorter stretches are too noisy to measure by, in milliseconds. */
const SHORTEST = 100;
/** The share of an epoch that stands for the whole of it. */
const WHOLE = 0.95;
/** How late an event loop may be when nobody is to blame, in milliseconds. */
const LATE = 15;
/** A smaller burst is not rounded. */
const SMALLEST = 4;
/** Between the sizes of a burst that are tried, so that the round ones are among them. */
const STEPS = [50, 20, 10, 5, 2];

/** Rate and burst explain each other: the first burst minus what was refilled meanwhile is the size of the bucket. */
export function measure(epoch: Epoch, belief: Belief, rtt: number): Finding {
  const { first, closure, emptiedAt, contended } = belief;
  const sinceEmpty = epoch.accepted / Math.max(1, epoch.lastAccepted - emptiedAt);
  let [burst, bound]: [number, LowerBound] = [first.accepted, { rate: 0, count: 0, ms: 0 }];
  const shortest = Math.max(SHORTEST, first.length, rtt);
  for (let round = 0; round < 8; round++) {
    bound = epoch.lowerBound(burst, shortest);
    burst = first.leastBurst(Math.max(bound.rate, sinceEmpty));
  }
  burst = likelyBurst(burst, first.accepted - burst, (size) => epoch.lowerBound(size, shortest));
  bound = epoch.lowerBound(burst, shortest);
  const { rate: least } = epoch.lowerBound(first.accepted, WHOLE * epoch.length);
  const base = { burst, count: bound.count, ms: bound.ms, least, contended, corrected: false };
  if (bound.rate > sinceEmpty) return { ...base, rate: bound.rate, bursty: true, measured: true };
  // what came back while the gate was closed did not fill the bucket: nothing ran over
  const measured = sinceEmpty * closure < 0.8 * burst;
  return { ...base, rate: sinceEmpty, bursty: false, measured };
}

/**
 * What was refilled during the first burst is known to a third, since the clock of the client is not the server's. Of
 * the sizes that this leaves open the likely one is round and makes the rate a round number.
 */
function likelyBurst(burst: number, refilled: number, boundOf: (burst: number) => LowerBound): number {
  if (burst < SMALLEST) return burst;
  const error = 1 + 0.3 * refilled;
  const step = STEPS.find((size) => size <= error / 6) ?? 1;
  let best = { size: burst, digits: Infinity };
  const smallest = Math.max(SMALLEST, Math.ceil((burst - error) / step) * step);
  for (let size = smallest; size <= burst + error; size += step) {
    const digits = digitsOf(size) + digitsOf(roundRate(boundOf(size)));
    const isNearer = digits === best.digits && Math.abs(size - burst) < Math.abs(best.size - burst);
    if (digits < best.digits || isNearer) best = { size, digits };
  }
  return best.size;
}

/**
 * Requests per second. Within the error the round number is meant: half a request below to one above, and what an event
 * loop that is late makes of the stretch.
 */
function roundRate({ rate, count, ms }: LowerBound): number {
  const perSecond = rate * 1_000;
  if (count < 2) return perSecond;
  const below = Math.min(0.08, 0.5 / count + LATE / ms);
  const above = Math.min(0.1, 1 / count + LATE / ms / 2);
  return roundNumber(perSecond * (1 - below), perSecond * (1 + above));
}

/** The round rate, where the measurement is exact enough to mean it. */
export function roundOff(found: Finding): Finding {
  const { bursty, measured, contended, count } = found;
  const isExact = bursty && measured && !contended && count >= 2;
  return isExact ? { ...found, rate: roundRate(found) / 1_000 } : found;
}
