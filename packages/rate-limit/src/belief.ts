import type { Epoch } from './epoch.ts';

/**
 * The share of a burst that is spent when the gate opens, the rest absorbs errors: while the rate is looked for, and once
 * it is known. The second is less, since another client that waits for the same gate spends the same bucket.
 */
export const SPENT = { looking: 0.8, knowing: 0.5 } as const;

/** What is held to be true about a limit that the server does not state. Rates are requests per millisecond. */
export interface Belief {
  readonly rate: number;
  /** How many requests a full bucket lets through at once. */
  readonly burst: number;
  /** Whether a burst may be spent after the gate opens: the bucket is known to refill while it is closed. */
  readonly bursty: boolean;
  /** Whether the rate was measured. If not, it is a lower bound and the pacer goes on looking for more. */
  readonly measured: boolean;
  /** Whether somebody else seems to use the limit too. */
  readonly contended: boolean;
  /** What the whole epoch that was measured says of the rate: true also if others had a part of the bucket. */
  readonly least: number;
  /** Whether a refusal was already put down to the error of the first measurement. */
  readonly corrected: boolean;
  /** Whether requests are counted in windows rather than in a bucket. */
  readonly windowed: boolean;
  /** Growth of the pace while it looks for more, per second. */
  readonly growth: number;
  /** How long to keep the pace before looking for more, in milliseconds. */
  readonly patience: number;
  /** The epoch of the first burst. */
  readonly first: Epoch;
  /** When the limit was last seen used up. */
  readonly emptiedAt: number;
  /** How long the gate was closed after that, in milliseconds. */
  readonly closure: number;
}

/** What the pacer was doing when it was refused. */
export interface Stance {
  readonly rate: number;
  readonly probing: boolean;
}
