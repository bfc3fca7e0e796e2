import type { Delay } from '@steadfetch/backoff';
import type { Call, Clock, Random } from '@steadfetch/core';
import type { RetryBudget } from '@steadfetch/retry-budget';
import type { RetryHooks } from './hooks.ts';
import type { Failure } from './should-retry.ts';

/** All delays and limits are milliseconds. */
export interface RetryOptions {
  /** Retries after the first attempt. @default 2 */
  maxRetries?: number;
  /**
   * Backoff before a retry, used unless the server asks for longer. The default is shorter if the call has little time left.
   * @default equalJitter(exponential({ base: 600, factor: 2, cap: 20_000 }))
   */
  delay?: Delay;
  /**
   * Longest wait to accept from the server, from 0 to 2^31 - 1. A longer one ends the call. The backoff has a cap of its
   * own. @default 65_000
   */
  maxDelay?: number;
  /** Methods that are repeated. Replaces the default. @default GET, HEAD, OPTIONS, TRACE, PUT, DELETE, QUERY */
  methods?: readonly string[];
  /**
   * Statuses from 400 that are retried. Replaces the default; 403 counts only with Retry-After or no quota left.
   * @default all of 408, 425, 429, 500, 502, 503, 504, 520-524, 529; 413 with Retry-After; 409 with an Idempotency-Key that may have been sent before
   */
  statuses?: readonly number[];
  /** Whether network errors are retried. @default true */
  networkErrors?: boolean;
  /** Whether a timeout of one attempt is retried. @default true */
  timeouts?: boolean;
  /** Declares that repeating is harmless, whatever the method. @default false */
  idempotent?: boolean | ((call: Call) => boolean);
  /**
   * Asked for errors and for statuses from 400: `true`, `false`, or `undefined` for the default rules. It decides
   * whether to retry, not when, and cannot override `maxRetries`, methods, budget or deadline. If it throws, the call
   * rejects with that error.
   */
  shouldRetry?(failure: Failure): boolean | undefined | Promise<boolean | undefined>;
  /** Asked for responses below 400: `true` means failed, for instance an error inside a 200. */
  inspect?(response: Response): boolean | Promise<boolean>;
  /**
   * Whether to obey the server's waits and its requests to retry; its veto is always obeyed. `spread` (0.2 by default) is the most that is
   * added to the server's wait at random, as a share of the wait; never more than 5 s, or a quarter of the time that would be left after as many such waits and attempts as fit. @default true
   */
  serverHints?: boolean | { spread?: number };
  /** Limits retries while a server is down, shared by reference; `false` for none. @default one `retryBudget()` per instance */
  budget?: RetryBudget | false;
  /** Observers. The hooks of one call run after the hooks of the instance. */
  hooks?: RetryHooks | readonly RetryHooks[];
  clock?: Clock;
  random?: Random;
}

/** What one call can change: `fetch(url, { retry: false })` or `fetch(url, { retry: { maxRetries: 5 } })`. */
export type RetryOverride = false | RetryOptions;

declare module '@steadfetch/core' {
  interface CallOptions {
    /**
     * Read and removed by `retry()`: `false` for no retries, or options for this call alone. A number, or an object with
     * members that are no options of `retry`, belongs to another library and is passed on.
     */
    retry?: RetryOverride;
  }
}
