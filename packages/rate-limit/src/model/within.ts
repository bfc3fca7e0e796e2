/** `x`, but not less than `least` and not more than `most`. */
export const within = (x: number, least: number, most: number): number => Math.max(least, Math.min(most, x));
