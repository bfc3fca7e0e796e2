import type { Asked, Made } from '../harm/situation.ts';

type Judged = (asked: Asked, made: Made) => boolean;

/** Counts the calls that were made from an instant to another. */
export const made =
  (from: number, to: number): Judged =>
  (_, { at }) =>
    at >= from && at < to;

/** Counts the calls to a path. */
export const to =
  (path: string): Judged =>
  (asked) =>
    asked.path === path;

/** Counts the calls for which both hold. */
export const both =
  (one: Judged, other: Judged): Judged =>
  (asked, made) =>
    one(asked, made) && other(asked, made);
