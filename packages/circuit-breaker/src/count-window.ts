import { checkNames, checkNumber } from '@steadfetch/core';
import { add, type Counts } from './counts.ts';
import { RATIO_NAMES, type RatioOptions, ratiosOf } from './ratios.ts';
import type { Rule } from './rule.ts';

export interface CountWindowOptions extends RatioOptions {
  /** How many of the latest calls count. @default 20 */
  size?: number;
}

/** Opens by the share of failed or slow calls among the latest `size` calls, however long ago they were. */
export function countWindow(options: CountWindowOptions = {}): Rule {
  checkNames('countWindow', options, ['size', ...RATIO_NAMES]);
  const { size = 20 } = options;
  checkNumber('countWindow: size', size, { min: 1, max: MAX_SIZE, integer: true });
  const { minCalls = Math.min(10, size) } = options;
  const { timed, isSlow, countsOf, reached } = ratiosOf('countWindow', { ...options, minCalls });
  if (minCalls > size) {
    throw new RangeError(
      `countWindow: minCalls: expected at most size (${size}), got ${minCalls}: it would never open`,
    );
  }
  return {
    isSlow,
    start() {
      const latest: Counts[] = [];
      const sum = { calls: 0, failed: 0, slow: 0 };
      let oldest = 0;
      return {
        timed,
        record(sample) {
          const dropped = latest[oldest];
          if (dropped) add(sum, dropped, -1);
          const one = countsOf(sample);
          latest[oldest] = one;
          oldest = (oldest + 1) % size;
          add(sum, one);
          return reached(sum);
        },
      };
    },
  };
}

const MAX_SIZE = 100_000;
