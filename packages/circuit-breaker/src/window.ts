import { checkMs, checkNumber, type OptionTable, optionError, readOptions, type Settings } from '@steadfetch/core/kit';
import type { Rule, Sample } from './rule.ts';

export interface RatioOptions {
  /** Opens when at least this share of the calls in the window failed; above 0, up to 1. @default 0.5 */
  failureRatio?: number;
  /** Never opens with fewer calls in the window. @default 10, or `size` if that is less */
  minCalls?: number;
  /** A call is slow if its headers take longer than this, in milliseconds. Unset: no call is slow. */
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

const MAX_SIZE = 100_000;
const SHARE = { check: checkRatio, default: 0.5, min: 0, max: 1 };

const RATIO = {
  failureRatio: SHARE,
  minCalls: { check: checkNumber, min: 1, max: Number.MAX_SAFE_INTEGER, integer: true },
  slowerThan: { check: checkMs },
  slowCallRatio: SHARE,
} satisfies OptionTable<RatioOptions>;

// Pure calls make the two tables. A bundler can leave these out, but not spreads.

const COUNT_WINDOW = /* @__PURE__ */ Object.assign(
  { size: { check: checkNumber, default: 20, min: 1, max: MAX_SIZE, integer: true } },
  RATIO,
) satisfies OptionTable<CountWindowOptions>;

const TIME_WINDOW = /* @__PURE__ */ Object.assign(
  { window: { check: checkMs, default: 30_000, min: 1 } },
  RATIO,
) satisfies OptionTable<TimeWindowOptions>;

/** The options as data: what each may be, and its default. */
export const countWindowOptions: OptionTable<CountWindowOptions> = COUNT_WINDOW;

/** The options as data: what each may be, and its default. */
export const timeWindowOptions: OptionTable<TimeWindowOptions> = TIME_WINDOW;

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

/** Returns the slice for a call, and calls `forget` for expired slices. `vacant`: the slice of a failure that was taken back. */
type Place = (at: number, forget: (slice: Slice) => void, vacant: Slice | undefined) => Slice;

/** Opens by the share of failed or slow calls among the latest `size` calls, however old they are. */
export function countWindow(options?: CountWindowOptions): Rule {
  const settings = readOptions('countWindow', COUNT_WINDOW, options);
  const { size, minCalls = Math.min(10, size) } = settings;
  checkSlow('countWindow', options);
  const rule = ratioRule({ ...settings, minCalls }, () => {
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
 * A call never counts for longer than `window`. It may be forgotten up to 1 % of the window early, so that a hundred slices are enough
 * at any rate of calls.
 */
export function timeWindow(options?: TimeWindowOptions): Rule {
  const settings = readOptions('timeWindow', TIME_WINDOW, options);
  const { window, minCalls = 10 } = settings;
  checkSlow('timeWindow', options);
  return ratioRule({ ...settings, minCalls }, () => {
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

type RatioSettings = Settings<RatioOptions, Omit<typeof RATIO, 'minCalls'>> & { readonly minCalls: number };

function ratioRule({ failureRatio, minCalls, slowerThan, slowCallRatio }: RatioSettings, newPlace: () => Place): Rule {
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
        record(sample) {
          const slice = place(sample.at, forget, vacant);
          vacant = undefined;
          if (sample.failed) failures.set(sample, slice);
          add(slice, countsOf(sample), 1);
          add(sum, countsOf(sample), 1);
          const { calls, failed, slow } = sum;
          // of calls made together, failures end first; the good answers after them must not open the circuit
          const isBad = sample.failed || isSlow(sample.duration);
          return isBad && calls >= minCalls && (failed / calls >= failureRatio || slow / calls >= slowCallRatio);
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

function checkSlow(owner: string, { slowerThan, slowCallRatio }: RatioOptions = {}): void {
  if (slowerThan !== undefined || slowCallRatio === undefined) return;
  throw new TypeError(`${owner}: slowCallRatio: needs slowerThan, the duration above which a call is slow`);
}

function checkRatio(option: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw optionError(option, 'a number above 0, up to 1', value, typeof value === 'number' ? RangeError : TypeError);
}
