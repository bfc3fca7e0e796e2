/** The facts that a delay is computed from. */
export interface DelayContext {
  /** The attempt that has just failed: 1 for the first. */
  attempt: number;
  /** The delay before that attempt, in milliseconds; 0 for the first. */
  previousDelay: number;
}

/** Returns the milliseconds to wait before the next attempt. */
export type Delay = (context: DelayContext) => number;
