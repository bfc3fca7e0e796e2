import type { Asked, Made } from '../harm/situation.ts';

/** Counts the calls that were made from an instant to another. */
export const made =
  (from: number, to: number) =>
  (_: Asked, { at }: Made): boolean =>
    at >= from && at < to;
