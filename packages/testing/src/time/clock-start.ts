import { checkNames, checkNumber } from '@steadfetch/core/kit';

/** When a test clock begins. */
export interface ClockOptions {
  /** The first instant, in milliseconds since the epoch. @default 1 January 2025, 00:00 UTC */
  now?: number;
}

export function clockStart(owner: string, options: ClockOptions): number {
  checkNames(owner, options, ['now']);
  const { now = Date.UTC(2025, 0, 1) } = options;
  return checkSpan(`${owner}: now`, now);
}

/** Checks for a time in the range of `Date`. */
export function checkSpan(option: string, ms: unknown): number {
  return checkNumber(option, ms, { min: -8.64e15, max: 8.64e15 });
}

/** Checks for any number but NaN. No clock would ever reach NaN. */
export function checkTime(option: string, ms: unknown): number {
  return checkNumber(option, ms, { min: Number.NEGATIVE_INFINITY });
}
