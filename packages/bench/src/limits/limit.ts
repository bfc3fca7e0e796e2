import type { Random } from '@steadfetch/core';

/** What a limit decides about one request. Times are milliseconds. */
export interface Decision {
  readonly accepted: boolean;
  /** Until one more is accepted; 0 for a request that is accepted. */
  readonly wait: number;
  /** How many more would be accepted at once. */
  readonly remaining: number;
  /** Until there is more of the quota: a bucket is full, a window is new. */
  readonly renewed: number;
}

/** A limit at work. `at` is in milliseconds from the start and never falls. */
export interface Limit {
  decide(at: number): Decision;
  /** An accepted request has got its answer. */
  release?(): void;
  /** The most that it accepts between two instants. */
  allowed(from: number, to: number): number;
}

/** A kind of limit, and what is known of it to the table, but not to the clients. */
export interface LimitPlan {
  readonly kind: 'bucket' | 'window' | 'concurrency' | 'none';
  /** Requests per second in the long run, at the start. */
  readonly rate: number;
  /** How many it accepts at once after a rest. */
  readonly burst: number;
  /** The length of a window, or the least whole seconds in which a bucket fills. */
  readonly window: number;
  /** How many accepted requests it counts in `window`. */
  readonly quota: number;
  /** How often the limit changes in a run. */
  readonly changes: number;
  /** How long an accepted request takes, in milliseconds. */
  readonly service: number;
  readonly create: (random: Random) => Limit;
}
