/** A whole number >= 1 from whatever was counted: 0, negatives and NaN are the first attempt, fractions round down. */
export function ordinal(attempt: number): number {
  return attempt >= 1 ? Math.floor(attempt) : 1;
}
