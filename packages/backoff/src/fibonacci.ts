import { checkMs, type OptionTable, readOptions } from '@steadfetch/core/kit';
import type { Delay } from './delay.ts';
import { wholeAttempt } from './whole-attempt.ts';

/** In milliseconds. */
export interface FibonacciOptions {
  /** The delay after the first attempt, and after the second. @default 250 */
  base?: number;
  /** The longest delay. @default 20_000 */
  cap?: number;
}

const OPTIONS = {
  base: { check: checkMs, default: 250 },
  cap: { check: checkMs, default: 20_000 },
} satisfies OptionTable<FibonacciOptions>;

/** The options as data: what each may be, and its default. */
export const fibonacciOptions: OptionTable<FibonacciOptions> = OPTIONS;

/** `base` times 1, 1, 2, 3, 5, 8, ... never above `cap`. Each delay is about 1.6 times the one before. */
export function fibonacci(options?: FibonacciOptions): Delay {
  const { base, cap } = readOptions('fibonacci', OPTIONS, options);
  return ({ attempt }) => Math.min(cap, base * fibonacciNumber(Math.min(wholeAttempt(attempt), LAST_EXACT)));
}

/** The 78th Fibonacci number is the last one below 2^53, so the last that is exact. */
const LAST_EXACT = 78;

function fibonacciNumber(n: number): number {
  let [last, current] = [0, 1];
  for (let i = 1; i < n; i++) [last, current] = [current, last + current];
  return current;
}
