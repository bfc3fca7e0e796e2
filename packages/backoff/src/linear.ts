import type { Delay } from './delay.ts';
import { readOptions } from './options.ts';
import { ordinal } from './ordinal.ts';

/** In milliseconds. */
export interface LinearOptions {
  /** The delay after the first attempt. @default 250 */
  base?: number;
  /** What each further attempt adds. @default base */
  step?: number;
  /** The longest delay. @default 20_000 */
  cap?: number;
}

/** `base`, `base + step`, `base + 2 * step`, ... never above `cap`. */
export function linear(options: LinearOptions = {}): Delay {
  const base = options?.base ?? 250;
  const read = readOptions('linear', options, { base, step: base, cap: 20_000 });
  return ({ attempt }) => Math.min(read.cap, read.base + read.step * (ordinal(attempt) - 1));
}
