/** What a call says about the server. Neutral: nothing. */
export type Verdict = 'success' | 'failure' | 'neutral';

/** The leave to make one call. It must be settled, whatever becomes of the call; only the first time counts. */
export interface Permit {
  /** `retryAfter`: how long the server asked to be left alone, in milliseconds, if it did. */
  settle(verdict: Verdict, retryAfter?: number): void;
}
