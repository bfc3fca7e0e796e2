/**
 * Why a retry is made. `throttled`: the server refused the call (429), or said when to come back. `held`: the call got no permit before,
 * and waited until its retry was due. `transient`: any other failure.
 */
export type RetryKind = 'transient' | 'throttled' | 'held';

/** The right to make one retry. */
export interface RetryPermit {
  /** Returns the tokens of a retry that is not made, e.g. because its wait was aborted. A second call does nothing. */
  release(): void;
}

/** Limits the retries to each server. Clients may share one object. */
export interface RetryBudget {
  /** Returns the right to one retry, or `undefined` if the budget is spent. Synchronous: a promise counts as `undefined`. */
  acquire(key: string, kind: RetryKind): RetryPermit | undefined;
  /** Whether the server has recovered or may have, so that a held call without a permit waits for its turn. @default no */
  isBack?(key: string): boolean;
  /** Whether a retry would be allowed now: tokens are left, or there is room for a held call. Changes nothing. @default yes */
  mayRetry?(key: string): boolean;
  /** Records that a call is sent. Its outcome is not known yet, and may never be recorded, e.g. if its caller aborts it. */
  begin?(key: string): void;
  /**
   * Records the outcome of each attempt. `retry` records a failure before it asks for the retry that follows. `attempt` is 1 for the
   * first attempt of a call (default 1), `retries` how many retries the call may make (default 2). `took` is the milliseconds that the
   * attempt took without its wait in a limiter (default 0): an outcome shows how the server was when the request was sent. Until the
   * first failure `retry` leaves `retries` and `took` out.
   */
  record(key: string, outcome: 'success' | 'failure', attempt?: number, retries?: number, took?: number): void;
}

/** The state of a budget for one server, in tokens and milliseconds. */
export interface BudgetSnapshot {
  /** `ready`: no trouble. `trouble`: requests fail, and retries are still allowed. `spent`: no retries are allowed. */
  readonly state: 'ready' | 'trouble' | 'spent';
  /** Tokens that may be spent before retries stop. */
  readonly reserve: number;
  /** Tokens of it that are left. */
  readonly left: number;
  /** How long the trouble has lasted; `undefined` if there is none. */
  readonly failingFor: number | undefined;
}

/** A budget with a token bucket per server. Its state can be read and reset. */
export interface TokenBudget extends RetryBudget {
  /** The state of each server that it remembers, by key. Changes nothing. */
  snapshot(): Record<string, BudgetSnapshot>;
  /** Forgets one server, or all. */
  reset(key?: string): void;
}
