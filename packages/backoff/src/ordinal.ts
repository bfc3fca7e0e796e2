/** A whole number >= 1 from whatever was counted: 0, negatives and NaN are the first attempt, fractions round down. */
export function ordinal(attempt: number): number {
  // Finite, since 0 * Infinity and 1 ** Infinity are NaN.
  return attempt >= 1 ? Math.floor(Math.min(attempt, Number.MAX_SAFE_INTEGER)) : 1;
}
