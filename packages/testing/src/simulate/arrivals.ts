import { checkNumber } from '@steadfetch/core/kit';

/** Calls per second: a constant, or a function of the milliseconds since the start. */
export type Arrivals = number | ((at: number) => number);

/** Evenly spaced arrivals: each millisecond in which calls come, and their number. */
export function* arrivalTimes(arrivals: Arrivals, until: number): Generator<{ at: number; count: number }> {
  let due = 0;
  let come = 0;
  for (let at = 1; at <= until; at++) {
    due = typeof arrivals === 'number' ? (at * arrivals) / 1_000 : due + rateAt(arrivals, at - 1) / 1_000;
    const count = Math.floor(due + ROUNDING) - come;
    come += count;
    if (count > 0) yield { at: at - 1, count };
  }
}

/** A sum of thousandths may be too small by this much. */
const ROUNDING = 1e-6;

function rateAt(arrivals: (at: number) => number, at: number): number {
  return checkNumber('simulate: arrivals', arrivals(at), { max: 1_000_000 });
}
