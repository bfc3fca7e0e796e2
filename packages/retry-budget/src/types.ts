/** What a retry is for: `throttled` when the server refused it (429, 503 with a hint), else `transient`. */
export type RetryKind = 'transient' | 'throttled';

/** The right to make one retry. */
export interface Lease {
  /** Gives the token back, when the retry is not made after all (its wait was aborted). Calling it twice is harmless. */
  release(): void;
}

/** Decides how many retries one server can bear. Shared by reference between clients. */
export interface RetryBudget {
  /** The right to one retry, or `undefined` when the budget is spent. At once: no promise of one. */
  acquire(key: string, kind: RetryKind): Lease | undefined;
  /** Told of the outcome of each attempt, so that the budget knows how the server is doing. */
  record(key: string, outcome: 'success' | 'failure'): void;
}
