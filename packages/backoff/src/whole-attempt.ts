/** Returns the number of an attempt as a whole number from 1: smaller numbers and NaN count as 1, fractions round down. */
export function wholeAttempt(attempt: number): number {
  // finite, since 0 * Infinity and 1 ** Infinity are NaN
  return attempt >= 1 ? Math.floor(Math.min(attempt, Number.MAX_SAFE_INTEGER)) : 1;
}
