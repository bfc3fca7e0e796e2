import type { Call, Clock, Random } from '@steadfetch/core';
import type { FailedAttempt, GoodAttempt, Recovery } from './failed-attempt.ts';

/**
 * A part of a retry policy. Each member answers one question. `retryWith` asks all rules each question and joins the
 * answers: any `when` is enough, any `unless` forbids, the longest `wait` and the smallest limit count. The order of the
 * rules does not change what is sent; of several reasons the first is reported.
 *
 * About a failed attempt `when` is asked first, up to the first yes; after a yes `unless`, also up to the first yes; then `wait` and
 * `asked`, and `permit` last. The call rejects with what a question throws, unless it is held by then; what an observer (`after…`)
 * throws is ignored.
 *
 * @example const onLocked: Rule = { when: ({ response }) => response?.status === 423 && 'locked' };
 */
export interface Rule {
  /** May another attempt help? Any yes is enough. Asked about a response below 400 only with the need `good-responses`. */
  when?(failure: FailedAttempt): Answer | Promise<Answer>;
  /** Must there be no other attempt? Any yes is final. */
  unless?(failure: FailedAttempt): Answer | Promise<Answer>;
  /**
   * How long to wait at least, in milliseconds from 0? The longest counts; `'now'` goes before all others.
   * @default an equal jitter of 600 ms, doubled each time, up to 20 s; less where little time is left
   */
  wait?(failure: FailedAttempt): number | 'now' | undefined;
  /** How long does the server ask to wait? The longest counts, and `Retry-After` is read beside it, unless `ignoresServer`. */
  asked?(failure: FailedAttempt): Wait | undefined;
  /** May the call be sent twice although its method does not promise so? Asked before it is sent. Any yes is enough. */
  harmless?(call: Call): boolean;
  /** How many retries at most. The smallest counts. @default 2 */
  readonly maxRetries?: number;
  /** The longest wait to accept from the server, in milliseconds. The smallest counts. @default 65_000 */
  readonly maxDelay?: number;
  /** The methods that are repeated, in place of the idempotent ones (RFC 9110 §9.2.2). Those of several rules add up. */
  readonly methods?: ReadonlySet<string>;
  /** How far the server's wait is spread upwards, as a share of it; 5 s, and half of the time that is left, at most. The largest counts. @default 0.2 */
  readonly spread?: number;
  /** Whether the waits that the server asks for are ignored: then `asked` of no rule is called. */
  readonly ignoresServer?: boolean;
  /** Whether `asked` reads `Retry-After` too, so that `retryWith` adds no rule that does. */
  readonly readsRetryAfter?: boolean;
  /** Whether the rule repeats attempts that an inner `timeout` cuts. If no rule does, the inner `timeout` cuts none. */
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
   * What the rule needs that costs time or memory, and is left out if no rule lists it. `elapsed` and `time` may be added
   * between calls; the others are read once.
   */
  readonly needs?: readonly Need[];
  /** Where all rules of a retry take the time from: one rule can set it. */
  readonly clock?: Clock;
  /** Where all rules of a retry take chance from: one rule can set it. */
  readonly random?: Random;

  // for a rule that limits retries, as `budget`

  /**
   * Asked last: a permit for one retry, or nothing. The retry needs a permit from each rule that has this member. For a call that
   * got none and was held (`holds`), it is asked again when the retry is due; then `failure.held` is `true`.
   */
  permit?(failure: FailedAttempt, wait: Wait): Permit | undefined;
  /**
   * May `permit` give a permit now? Asked when the limit of an inner `timeout` has passed: after a no the attempt is not cut, since no
   * other could follow. @default yes
   */
  mayRetry?(call: Pick<Call, 'origin'>): boolean;
  /**
   * Whether a call that got no permit is held until its retry is due, and then asks for a permit again. If it gets none, that retry
   * is skipped, and the call is held for the next one. @default the call ends at once
   */
  readonly holds?: boolean;
  /**
   * Does a held call that got no permit ask again for the retry that is due, a second later? Any yes is enough. It asks again ten
   * times at most. @default no, the retry is skipped
   */
  turn?(failure: FailedAttempt): boolean;
  /**
   * Observes a call that its own limit or its caller ends during an attempt that has outlasted its `timeout`: one that the `timeout` did
   * not cut, since no other could follow (`mayRetry`).
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
 * - `time`: the decision may take long, in `when`, in `unless` or while a call is held, so no timeout of one attempt may run
 *   meanwhile. Only `@steadfetch/ky` reads it: its timeout goes on while a rule decides.
 */
export type Need = 'elapsed' | 'outcome' | 'good-responses' | 'time';

/** The right to one retry. */
export interface Permit {
  /** Called when the retry is not made after all. How one that is made ends, `afterSuccess` and `afterFailure` show. */
  release(): void;
}

/** A wait that was planned, and how long the server asked to wait, in milliseconds, if it did. */
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
  /** Why not, where one might have been expected. */
  readonly stop?: string | undefined;
  /** The wait that was planned and not taken. */
  readonly planned?: Planned | undefined;
  readonly reason?: undefined;
  /** What the call rejects with in place of its outcome: the reason of an abort, or what a rule threw. */
  readonly thrown?: { readonly error: unknown };
}

/** No attempt follows, since there was no permit for it. */
export interface Unpermitted {
  readonly retry: false;
  readonly stop: string;
  readonly planned: Planned;
  /** What the retry was for. */
  readonly reason: string;
  readonly thrown?: undefined;
}

/** What follows a failed attempt. */
export type Decision = Retry | End | Unpermitted;
