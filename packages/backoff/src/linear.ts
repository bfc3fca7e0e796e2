import { checkMs, type OptionTable, readOptions } from '@steadfetch/core/kit';
import type { Delay } from './delay.ts';
import { wholeAttempt } from './whole-attempt.ts';

/** In milliseconds. */
export interface LinearOptions {
  /** The delay after the first attempt. @default 250 */
  base?: number;
  /** What each further attempt adds to the delay. @default `base` */
  step?: number;
  /** The longest delay. @default 20_000 */
  cap?: number;
}

const OPTIONS = {
  base: { check: checkMs, default: 250 },
  step: { check: checkMs },
  cap: { check: checkMs, default: 20_000 },
} satisfies OptionTable<LinearOptions>;

/** The options as data: what each may be, and its default. */
export const linearOptions: OptionTable<LinearOptions> = OPTIONS;

/** `base`, `base + step`, `base + 2 * step`, ... never above `cap`. */
export function linear(options?: LinearOptions): Delay {
  const { base, step = base, cap } = readOptions('linear', OPTIONS, options);
  return ({ attempt }) => Math.min(cap, base + step * (wholeAttempt(attempt) - 1));
}
