import type { Clock } from '@steadfetch/core';
import type { Answer, Settled } from './model/answer.ts';
import type { Snapshot } from './model/snapshot.ts';

/** A request that a pacer let out. */
export interface Sending {
  readonly at: number;
  readonly cost: number;
}

/** The calls of a gate that want to go. */
export interface Line {
  readonly length: number;
  /** Of the first. */
  readonly cost: number;
  /** To send one later than this is of no use. `undefined` where none waits. */
  readonly latest: number | undefined;
}

/** Says when the next call of a gate may be sent. Times are milliseconds that never go back. */
export interface Pacing {
  /** Lets time pass. */
  advance(now: number): void;
  /** Calls want to go. */
  announce(now: number, line: Line): void;
  /** Milliseconds until the next call of a cost may be sent, 0 for now. Changes nothing. */
  delay(now: number, cost?: number): number;
  /** A call is sent. `earlier`: as it was counted before, where it was held back since and that was given back. */
  send(now: number, cost?: number, earlier?: Sending): Sending;
  /** What became of it. */
  settle(sent: Sending, now: number, answer: Answer): Settled;
  snapshot(now: number): Snapshot;
  /** The part of `delay(now)` that no answer can shorten, as of a limit that is known in advance. */
  certainDelay?(now: number): number;
  /** Since when a guess alone holds calls back; Infinity where a limit was measured or told. */
  readonly guessesSince?: number;
}

/** What the pacer of one gate is made from. */
export interface PacerParts {
  /** The name of the gate: what counts together. */
  readonly key: string;
  readonly clock: Clock;
  /** The time that all methods of the pacer are called with. */
  readonly now: () => number;
  /** To be called where a call may go earlier than `delay` returned. */
  readonly wake: () => void;
  /** A pacer that learns the limit by itself. It begins with a pace, in requests per millisecond, where one is given. */
  readonly local: (pace?: number) => Pacing;
}

/**
 * Where a limit is kept that several processes share. It brings the pacer of each gate, so that a program without a store does not
 * load that part. `@steadfetch/redis` and `@steadfetch/shared-limit` have some.
 */
export interface LimitStore {
  pacer(parts: PacerParts): Pacing;
}
