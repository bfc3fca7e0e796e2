import { checkMs, checkNumber, unexpected } from '@steadfetch/core';
import type { Counts } from './counts.ts';
import type { Sample } from './rule.ts';

/** What the two window rules have in common. */
export interface RatioOptions {
  /** Opens when at least this share of the calls in the window failed; above 0, up to 1. @default 0.5 */
  failureRatio?: number;
  /** Never opens on fewer calls than this. @default 10 */
  minCalls?: number;
  /** A call that takes longer than this is slow, in milliseconds until the headers. Unset: no call is. */
  slowerThan?: number;
  /** Opens when at least this share of the calls in the window was slow. Needs `slowerThan`. @default 0.5 */
  slowCallRatio?: number;
}

export const RATIO_NAMES: readonly (keyof RatioOptions)[] = ['failureRatio', 'minCalls', 'slowerThan', 'slowCallRatio'];

/** What the options come to. */
export interface Ratios {
  /** Whether durations matter. */
  timed: boolean;
  isSlow(duration: number): boolean;
  countsOf(sample: Sample): Counts;
  /** Whether the circuit must open. */
  reached(counts: Counts): boolean;
}

/** Checks the options and reads them. */
export function ratiosOf(owner: string, options: RatioOptions): Ratios {
  const { failureRatio = 0.5, minCalls = 10, slowerThan, slowCallRatio = 0.5 } = options;
  checkRatio(`${owner}: failureRatio`, failureRatio);
  checkRatio(`${owner}: slowCallRatio`, slowCallRatio);
  checkNumber(`${owner}: minCalls`, minCalls, { min: 1, integer: true, max: Number.MAX_SAFE_INTEGER });
  if (slowerThan !== undefined) checkMs(`${owner}: slowerThan`, slowerThan);
  else if (options.slowCallRatio !== undefined) {
    throw new TypeError(`${owner}: slowCallRatio: needs slowerThan, the duration above which a call is slow`);
  }
  const isSlow = (duration: number) => slowerThan !== undefined && duration > slowerThan;
  return {
    timed: slowerThan !== undefined,
    isSlow,
    countsOf: ({ failed, duration }) => ({ calls: 1, failed: failed ? 1 : 0, slow: isSlow(duration) ? 1 : 0 }),
    reached: ({ calls, failed, slow }) =>
      calls >= minCalls && (failed / calls >= failureRatio || slow / calls >= slowCallRatio),
  };
}

function checkRatio(option: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && value <= 1) return;
  const { message } = unexpected(option, 'a number above 0, up to 1', value);
  throw typeof value === 'number' ? new RangeError(message) : new TypeError(message);
}
