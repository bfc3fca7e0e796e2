import { checkNames, checkNumber } from '@steadfetch/core/kit';

/** Where a clock for tests begins. */
export interface ClockOptions {
  /** In milliseconds since the epoch. @default that of 1 January 2025 */
  now?: number;
}

export function clockStart(owner: string, options: ClockOptions): number {
  checkNames(owner, options, ['now']);
  const { now = Date.UTC(2025, 0, 1) } = options;
  return checkSpan(`${owner}: now`, now);
}

/** As far as a `Date` reaches, and back. */
export function checkSpan(option: string, ms: unknown): number {
  return checkNumber(option, ms, { min: -8.64e15, max: 8.64e15 });
}

/** Any number but NaN, at which no clock would ever arrive. */
export function checkTime(option: string, ms: unknown): number {
  return checkNumber(option, ms, { min: Number.NEGATIVE_INFINITY });
}
