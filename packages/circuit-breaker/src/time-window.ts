import { checkMs, checkNames } from '@steadfetch/core';
import { add, type Counts } from './counts.ts';
import { RATIO_NAMES, type RatioOptions, ratiosOf } from './ratios.ts';
import type { Rule } from './rule.ts';

export interface TimeWindowOptions extends RatioOptions {
  /** How far back calls count, in milliseconds. @default 30_000 */
  window?: number;
}

/** Calls that ended within a hundredth of the window, counted together. */
interface Slice extends Counts {
  since: number;
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
  const { timed, isSlow, countsOf, reached } = ratiosOf('timeWindow', options);
  return {
    isSlow,
    start() {
      const slices: Slice[] = [];
      const sum = { calls: 0, failed: 0, slow: 0 };
      return {
        timed,
        record(sample) {
          const { at } = sample;
          while (slices.length > 0 && slices[0]!.since <= at - window) add(sum, slices.shift()!, -1);
          const one = countsOf(sample);
          const last = slices.at(-1);
          if (last && at < last.since + window / 100) add(last, one);
          else slices.push({ since: at, ...one });
          add(sum, one);
          return reached(sum);
        },
      };
    },
  };
}
