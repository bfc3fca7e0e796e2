/**
 * What a retry is for: `throttled` when the server refused it (429, 503 with a hint), else `transient`; `held` when there was no
 * permit for the call before, and it was held until its retry is due.
 */
export type RetryKind = 'transient' | 'throttled' | 'held';

/** The right to make one retry. */
export interface RetryPermit {
  /** Returns the token, when the retry is not made (its wait was aborted). Calling it twice is harmless. */
  release(): void;
}

/** Limits the retries to one server. Shared by reference between clients. */
export interface RetryBudget {
  /** The right to one retry, or `undefined` when the budget is spent. Synchronous: a promise counts as `undefined`. */
  acquire(key: string, kind: RetryKind): RetryPermit | undefined;
  /** Whether the server is well again, or may be, so that a held call which got no permit waits for its turn. @default no */
  isBack?(key: string): boolean;
  /** Whether a retry may be allowed now, by the tokens that are left or as that of a held call. Changes nothing. @default yes */
  mayRetry?(key: string): boolean;
  /** Records that a call is sent, whose outcome is not known yet. */
  begin?(key: string): void;
  /**
   * Records the outcome of each attempt. A failure is recorded before the retry that follows it is acquired. `attempt`
   * is 1 for the first of a call (1 if left out), `retries` is how many the call may make (2 if left out), and `took` how many
   * milliseconds the attempt took without its wait for a turn in a limiter (0 if left out): an outcome shows how the server was when
   * the request was sent. Until the first failure `retry` leaves both out.
   */
  record(key: string, outcome: 'success' | 'failure', attempt?: number, retries?: number, took?: number): void;
}

/** The state of a budget for one server. In tokens, and milliseconds. */
export interface BudgetSnapshot {
  /** `trouble`: requests fail, and retries are still allowed; `spent`: none are. */
  readonly state: 'ready' | 'trouble' | 'spent';
  /** Tokens that may be spent before retries stop. */
  readonly reserve: number;
  /** Tokens of it that are left. */
  readonly left: number;
  /** How long the trouble has lasted; `undefined` without one. */
  readonly failingFor: number | undefined;
}

/** A budget with a bucket of tokens per server, which shows its state and can forget it. */
export interface TokenBudget extends RetryBudget {
  /** The state of each server that is remembered, by key. Changes nothing. */
  snapshot(): Record<string, BudgetSnapshot>;
  /** Forgets one server, or all. */
  reset(key?: string): void;
}
