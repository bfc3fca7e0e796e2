import type { Clock } from '@steadfetch/core';
import type { Answer, Settled } from './model/answer.ts';
import type { Snapshot } from './model/snapshot.ts';

/** A request that was sent. */
export interface Sending {
  readonly at: number;
  readonly cost: number;
}

/** The calls that wait at a gate. */
export interface Line {
  readonly length: number;
  /** The cost of the first call. */
  readonly cost: number;
  /** A call that is sent later than this is of no use. `undefined` if the calls do not wait in a queue. */
  readonly latest: number | undefined;
}

/** Decides when the next call of a gate may be sent. Times are milliseconds of a clock that never goes back. */
export interface Pacing {
  /** Updates the state to `now`. */
  advance(now: number): void;
  /** Called before `delay`, with the calls that wait. */
  announce(now: number, line: Line): void;
  /** Milliseconds until a call of this cost may be sent, 0 for now. Changes nothing. */
  delay(now: number, cost?: number): number;
  /** Counts a call that is sent. `earlier`: its first count, which was settled as unsent because a layer inside sent the call later. */
  send(now: number, cost?: number, earlier?: Sending): Sending;
  /** Learns from the answer to a request. */
  settle(sent: Sending, now: number, answer: Answer): Settled;
  snapshot(now: number): Snapshot;
  /** The part of `delay(now)` that no answer can shorten, such as that of a known limit. */
  certainDelay?(now: number): number;
  /** Since when only a guess holds calls back; Infinity if the limit was measured or reported. */
  readonly guessesSince?: number;
}

/** What a store gets to create the pacer of one gate. */
export interface PacerParts {
  /** The key of the gate. Gates of several processes with the same key share a limit. */
  readonly key: string;
  readonly clock: Clock;
  /** The clock of the times that the methods of the pacer get. */
  readonly now: () => number;
  /** Call it if a call may now be sent earlier than `delay` returned. */
  readonly wake: () => void;
  /** Creates a pacer that learns the limit by itself. It starts at `pace`, in requests per millisecond, if given. */
  readonly local: (pace?: number) => Pacing;
}

/**
 * Keeps a limit that several processes share. It creates the pacer of each gate, so a program without a store does not load that code.
 * `@steadfetch/redis` and `@steadfetch/shared-limit` have stores.
 */
export interface LimitStore {
  pacer(parts: PacerParts): Pacing;
}
