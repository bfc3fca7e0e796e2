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
  /**
   * Told of the outcome of each attempt, so that the budget knows how the server is doing. A failure is told before the
   * retry that follows it is asked for. `attempt` is 1 for the first of a call.
   */
  record(key: string, outcome: 'success' | 'failure', attempt?: number): void;
}

/** What a budget believes of one server. Tokens, and milliseconds. */
export interface BudgetSnapshot {
  /** `trouble`: requests fail, and retries are still allowed; `spent`: none are. */
  readonly state: 'ready' | 'trouble' | 'spent';
  /** Tokens that may be spent before retries stop. */
  readonly reserve: number;
  /** Tokens of it that are left. */
  readonly left: number;
  /** How long the trouble has lasted; `undefined` without one. */
  readonly failingFor: number | undefined;
  /** The state in words. */
  readonly why: string;
}

/** A budget of buckets of tokens, whose state can be seen and forgotten. */
export interface TokenBudget extends RetryBudget {
  /** What is believed of each server that is remembered, by key. Changes nothing. */
  snapshot(): Record<string, BudgetSnapshot>;
  /** Forgets what is known of one server, or of all. */
  reset(key?: string): void;
}
