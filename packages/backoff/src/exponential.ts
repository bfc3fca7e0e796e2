import { checkMs, checkNumber, type OptionTable, readOptions } from '@steadfetch/core/kit';
import type { Delay } from './delay.ts';
import { wholeAttempt } from './whole-attempt.ts';

/** In milliseconds, except `factor`. */
export interface ExponentialOptions {
  /** The delay after the first attempt. @default 250 */
  base?: number;
  /** What each further attempt multiplies the delay by. Below 1 the delays shrink. @default 2 */
  factor?: number;
  /** The longest delay. @default 20_000 */
  cap?: number;
}

const OPTIONS = {
  base: { check: checkMs, default: 250 },
  factor: { check: checkNumber, default: 2, max: Number.MAX_VALUE },
  cap: { check: checkMs, default: 20_000 },
} satisfies OptionTable<ExponentialOptions>;

/** The options as data: what each may be, and its default. */
export const exponentialOptions: OptionTable<ExponentialOptions> = OPTIONS;

/** `base`, `base * factor`, `base * factor ** 2`, ... never above `cap`. */
export function exponential(options?: ExponentialOptions): Delay {
  const { base, factor, cap } = readOptions('exponential', OPTIONS, options);
  // the growth may be Infinity, and 0 * Infinity would be NaN
  return ({ attempt }) => Math.min(cap, base * Math.min(Number.MAX_VALUE, factor ** (wholeAttempt(attempt) - 1)));
}
