import { checkMs, checkNames, checkNumber, optionError } from '@steadfetch/core/kit';
import type { Rule, Sample } from './rule.ts';

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

export interface CountWindowOptions extends RatioOptions {
  /** How many of the latest calls count. @default 20 */
  size?: number;
}

export interface TimeWindowOptions extends RatioOptions {
  /** How far back calls count, in milliseconds. @default 30_000 */
  window?: number;
}

/** Sums over some calls. */
interface Counts {
  calls: number;
  failed: number;
  slow: number;
}

/** Calls that are counted and forgotten together. */
interface Slice extends Counts {
  since: number;
  gone: boolean;
}

/** Gives the slice that a call belongs to, and tells of those that are forgotten. `vacant`: one that was taken back. */
type Place = (at: number, forget: (slice: Slice) => void, vacant: Slice | undefined) => Slice;

/** Opens by the share of failed or slow calls among the latest `size` calls, however long ago they were. */
export function countWindow(options: CountWindowOptions = {}): Rule {
  checkNames('countWindow', options, ['size', ...RATIO_NAMES]);
  const { size = 20 } = options;
  checkNumber('countWindow: size', size, { min: 1, max: MAX_SIZE, integer: true });
  const { minCalls = Math.min(10, size) } = options;
  const rule = ratioRule('countWindow', { ...options, minCalls }, () => {
    const latest: Slice[] = [];
    let oldest = 0;
    return (at, forget, vacant) => {
      if (vacant) return vacant;
      const slice = newSlice(at);
      if (latest[oldest]) forget(latest[oldest]!);
      latest[oldest] = slice;
      oldest = (oldest + 1) % size;
      return slice;
    };
  });
  if (minCalls <= size) return rule;
  throw new RangeError(`countWindow: minCalls: expected at most size (${size}), got ${minCalls}: it would never open`);
}

/**
 * Opens by the share of failed or slow calls that ended within the last `window` milliseconds.
 *
 * A call never counts longer than that, however long nothing was called in between. It may be forgotten up to a
 * hundredth of the window early: that bounds the memory to a hundred slices, whatever the traffic.
 */
export function timeWindow(options: TimeWindowOptions = {}): Rule {
  checkNames('timeWindow', options, ['window', ...RATIO_NAMES]);
  const { window = 30_000 } = options;
  checkMs('timeWindow: window', window, { min: 1 });
  return ratioRule('timeWindow', options, () => {
    const slices: Slice[] = [];
    return (at, forget) => {
      while (slices.length > 0 && slices[0]!.since <= at - window) forget(slices.shift()!);
      const last = slices.at(-1);
      if (last && at < last.since + window / 100) return last;
      const slice = newSlice(at);
      slices.push(slice);
      return slice;
    };
  });
}

const RATIO_NAMES: readonly (keyof RatioOptions)[] = ['failureRatio', 'minCalls', 'slowerThan', 'slowCallRatio'];
const MAX_SIZE = 100_000;

function ratioRule(owner: string, options: RatioOptions, newPlace: () => Place): Rule {
  const { failureRatio = 0.5, minCalls = 10, slowerThan, slowCallRatio = 0.5 } = options;
  checkRatios(owner, options);
  checkNumber(`${owner}: minCalls`, minCalls, { min: 1, integer: true, max: Number.MAX_SAFE_INTEGER });
  const isSlow = (duration: number) => slowerThan !== undefined && duration > slowerThan;
  const countsOf = ({ failed, duration }: Sample): Counts => {
    return { calls: 1, failed: failed ? 1 : 0, slow: isSlow(duration) ? 1 : 0 };
  };
  return {
    isSlow,
    start() {
      const place = newPlace();
      const sum: Counts = { calls: 0, failed: 0, slow: 0 };
      const failures = new WeakMap<Sample, Slice>();
      let vacant: Slice | undefined;
      const forget = (slice: Slice) => {
        slice.gone = true;
        add(sum, slice, -1);
      };
      return {
        timed: slowerThan !== undefined,
        record(sample) {
          const slice = place(sample.at, forget, vacant);
          vacant = undefined;
          if (sample.failed) failures.set(sample, slice);
          add(slice, countsOf(sample), 1);
          add(sum, countsOf(sample), 1);
          const { calls, failed, slow } = sum;
          return calls >= minCalls && (failed / calls >= failureRatio || slow / calls >= slowCallRatio);
        },
        takeBack(sample) {
          const slice = failures.get(sample);
          if (!slice || slice.gone) return;
          vacant = slice;
          add(slice, countsOf(sample), -1);
          add(sum, countsOf(sample), -1);
        },
      };
    },
  };
}

function newSlice(since: number): Slice {
  return { since, gone: false, calls: 0, failed: 0, slow: 0 };
}

function add(to: Counts, { calls, failed, slow }: Counts, by: 1 | -1): void {
  to.calls += by * calls;
  to.failed += by * failed;
  to.slow += by * slow;
}

function checkRatios(owner: string, { failureRatio = 0.5, slowerThan, slowCallRatio }: RatioOptions): void {
  checkRatio(`${owner}: failureRatio`, failureRatio);
  checkRatio(`${owner}: slowCallRatio`, slowCallRatio ?? 0.5);
  if (slowerThan !== undefined) checkMs(`${owner}: slowerThan`, slowerThan);
  else if (slowCallRatio !== undefined) {
    throw new TypeError(`${owner}: slowCallRatio: needs slowerThan, the duration above which a call is slow`);
  }
}

function checkRatio(option: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && value <= 1) return;
  const { message } = optionError(option, 'a number above 0, up to 1', value);
  throw typeof value === 'number' ? new RangeError(message) : new TypeError(message);
}
