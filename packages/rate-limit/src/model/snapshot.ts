import { NOTHING_REFUSED } from './limit.ts';

/** The state of a gate by its model, and the reason. */
export interface Snapshot {
  readonly state: 'open' | 'closed';
  /** Milliseconds until a closed gate opens; otherwise 0. */
  readonly opensIn: number;
  /** The measured or reported rate, in requests per second. */
  readonly rate: number | undefined;
  /** How many requests may be sent at once. */
  readonly burst: number | undefined;
  /** What is left of the quota, by the last answer and the requests since. */
  readonly remaining: number | undefined;
  /** The recent share of refusals among the answers, from 0 to 1. */
  readonly refusedShare: number;
  /** The reason for the state, in words. */
  readonly why: string;
}

/** The state of a gate that no call has passed. */
export const NOTHING_KNOWN: Snapshot = {
  state: 'open',
  opensIn: 0,
  rate: undefined,
  burst: undefined,
  remaining: undefined,
  refusedShare: 0,
  why: NOTHING_REFUSED,
};
