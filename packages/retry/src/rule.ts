import type { Call, Clock, Random } from '@steadfetch/core';
import type { FailedAttempt, GoodAttempt, Recovery } from './failed-attempt.ts';

/**
 * A part of a retry policy. Each member answers one question. `retryWith` asks all rules each question and joins the
 * answers: any `when` is enough, any `unless` forbids, the longest `wait` and the smallest limit count. The order of the
 * rules does not change what is sent. If several rules give a reason, the first is reported.
 *
 * After a failed attempt the rules are asked `when`, up to the first yes; after a yes `unless`, also up to the first yes; then `wait`
 * and `asked`, and `permit` last. If a question throws, the call rejects with that error, unless the call is held by then. What an
 * observer (`after…`) throws is ignored.
 *
 * @example const onLocked: Rule = { when: ({ response }) => response?.status === 423 && 'locked' };
 */
export interface Rule {
  /** May another attempt help? Any yes is enough. Asked about a response below 400 only with the need `good-responses`. */
  when?(failure: FailedAttempt): Answer | Promise<Answer>;
  /** Must there be no other attempt? Any yes is final. */
  unless?(failure: FailedAttempt): Answer | Promise<Answer>;
  /**
   * How long to wait at least, in milliseconds from 0? The longest counts, but `'now'` overrides all others.
   * @default an equal jitter of 600 ms, doubled each time, up to 20 s; less if little time is left
   */
  wait?(failure: FailedAttempt): number | 'now' | undefined;
  /** How long does the server ask to wait? The longest answer counts. `Retry-After` is read too, unless a rule has `ignoresServer`. */
  asked?(failure: FailedAttempt): Wait | undefined;
  /** May the call be sent twice although its method does not promise so? Asked before it is sent. Any yes is enough. */
  harmless?(call: Call): boolean;
  /** How many retries at most. The smallest counts. @default 2 */
  readonly maxRetries?: number;
  /** The longest wait to accept from the server, in milliseconds. The smallest counts. @default 65_000 */
  readonly maxDelay?: number;
  /** The methods that are repeated, instead of the idempotent ones (RFC 9110 §9.2.2). The lists of several rules add up. */
  readonly methods?: ReadonlySet<string>;
  /** The most that is added at random to the server's wait, as a share of it; at most 5 s, and a quarter of the time that would be left after as many such waits and attempts as fit. The largest counts. @default 0.2 */
  readonly spread?: number;
  /** Whether to ignore the waits that the server asks for. If one rule says so, no rule is asked `asked`. */
  readonly ignoresServer?: boolean;
  /** Whether `asked` reads `Retry-After`, so that `retryWith` need not add a rule for it. */
  readonly readsRetryAfter?: boolean;
  /** Whether the rule repeats attempts that an inner `timeout` cuts. If no rule does, and an outer `timeout` limits the call, the inner one cuts none. */
  readonly repeatsTimeouts?: boolean;
  /** Called before a call is first sent. The call rejects with what it throws. */
  beforeCall?(call: Call): void;
  /** Observes each failed attempt with what follows, and what ends the call during a wait. */
  afterFailure?(failure: FailedAttempt, decision: Decision): unknown;
  /** Observes each good attempt. */
  afterSuccess?(success: GoodAttempt): unknown;
  /** Observes a good attempt after one that failed. */
  afterRecovery?(recovery: Recovery): unknown;
  /**
   * What the rule needs. The rest is left out, since it costs time or memory. `elapsed` and `time` may be added to the list between
   * calls; the others are read once.
   */
  readonly needs?: readonly Need[];
  /** The clock for all rules of a retry: one rule can set it. */
  readonly clock?: Clock;
  /** The source of random numbers for all rules of a retry: one rule can set it. */
  readonly random?: Random;

  // for a rule that limits retries, such as `budget`

  /**
   * Returns a permit for one retry, or nothing. Asked last. The retry needs a permit from each rule that has this member. If the call
   * got none and is held (`holds`), the rule is asked again when the retry is due; then `failure.held` is `true`.
   */
  permit?(failure: FailedAttempt, wait: Wait): Permit | undefined;
  /**
   * Could `permit` give a permit now? Asked when the limit of an inner `timeout` has passed. After a no, the `timeout` does not cut the
   * attempt, since no other could follow. @default yes
   */
  mayRetry?(call: Pick<Call, 'origin'>): boolean;
  /**
   * Whether a call that got no permit is held until its retry is due, and then asks for a permit again. If it gets none again, that
   * retry is skipped, and the call is held for the next one. @default the call ends at once
   */
  readonly holds?: boolean;
  /**
   * A held call got no permit for the retry that is due: does it ask again a second later? Any yes is enough. It asks again ten times
   * at most. @default no, the retry is skipped
   */
  turn?(failure: FailedAttempt): boolean;
  /**
   * Observes a call that its own time limit or its caller ends during an attempt that has outlasted its `timeout`. The `timeout` did not
   * cut that attempt, since no other could follow (`mayRetry`).
   */
  afterOutlasted?(failure: FailedAttempt): unknown;
}

/** A string or `true` means yes; the string is the reason that events show (`'rule'` for `true`). `''`, `false` and `undefined` mean no. */
export type Answer = string | boolean | undefined;

/** A wait before the next attempt. */
export interface Wait {
  /** Milliseconds. */
  readonly delay: number;
  /** What asks for it, for events: `backoff`, or the name of a response field. */
  readonly source: string;
}

/**
 * What a rule can need.
 *
 * - `elapsed`: to read how long the call has taken. Reading a clock costs as much as the rest of a good call.
 * - `outcome`: to read the `outcome`, `response` or `error` of a failed attempt after its wait has begun, for instance in the
 *   `afterFailure` of an abort during the wait. Without this need they are dropped before the wait.
 * - `good-responses`: to be asked `when` about responses below 400 too.
 * - `time`: the decision may take long, in `when`, in `unless` or while a call is held, so the timeout of the attempt must not run
 *   meanwhile. Only `@steadfetch/ky` reads it, since ky's timeout otherwise runs on while a rule decides.
 */
export type Need = 'elapsed' | 'outcome' | 'good-responses' | 'time';

/** The right to one retry. */
export interface Permit {
  /** Called if the retry is not made after all. If it is made, `afterSuccess` and `afterFailure` report how it ends. */
  release(): void;
}

/** A planned wait, and the wait that the server asked for, in milliseconds, if it asked for one. */
export interface Planned extends Wait {
  readonly asked: number | undefined;
}

/** Another attempt follows a failed one. */
export interface Retry extends Planned {
  readonly retry: true;
  readonly reason: string;
  readonly permits: readonly Permit[];
}

/** No attempt follows. */
export interface End {
  readonly retry: false;
  /** Why not, if a retry might have been expected. */
  readonly stop?: string | undefined;
  /** The wait that was planned and not taken. */
  readonly planned?: Planned | undefined;
  readonly reason?: undefined;
  /** What the call rejects with instead of its outcome: the reason of an abort, or what a rule threw. */
  readonly thrown?: { readonly error: unknown };
}

/** No attempt follows, since the retry got no permit. */
export interface Unpermitted {
  readonly retry: false;
  readonly stop: string;
  readonly planned: Planned;
  /** Why the attempt would have been retried. */
  readonly reason: string;
  readonly thrown?: undefined;
}

/** What follows a failed attempt. */
export type Decision = Retry | End | Unpermitted;
