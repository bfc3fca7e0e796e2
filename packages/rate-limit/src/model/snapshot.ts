import { NOTHING_REFUSED } from './limit.ts';

/** How a gate stands by its model, and why. */
export interface Snapshot {
  readonly state: 'open' | 'closed';
  /** Milliseconds until a closed gate opens; otherwise 0. */
  readonly opensIn: number;
  /** The rate that is measured or told, in requests per second. */
  readonly rate: number | undefined;
  /** How many may be sent at once. */
  readonly burst: number | undefined;
  /** What the server last said is left. */
  readonly remaining: number | undefined;
  /** The share of the last answers that were refusals, from 0 to 1. */
  readonly refusedShare: number;
  /** What its state follows from, in words. */
  readonly why: string;
}

/** How a gate stands that no call has passed. */
export const NOTHING_KNOWN: Snapshot = {
  state: 'open',
  opensIn: 0,
  rate: undefined,
  burst: undefined,
  remaining: undefined,
  refusedShare: 0,
  why: NOTHING_REFUSED,
};
