import type { LastAnswer } from '@steadfetch/core';

/** How the server did in one call. Neutral: the call does not show it. */
export type Verdict = 'success' | 'failure' | 'neutral';

/** What a call did to its circuit by how it ended. */
export type CircuitChange = 'opened' | 'closed';

/** The right to make one call. It must be settled when the call has ended; only the first time counts. */
export interface Permit {
  /**
   * `answer`: what the server answered, if it did. `isTimed: false`: a success is not slow, however long it took.
   * @default true
   */
  settle(verdict: Verdict, answer?: LastAnswer, isTimed?: boolean): CircuitChange | undefined;
  /** Whether the call is let through to find out whether the server is back. */
  readonly probe?: boolean;
  /** Whether the circuit has closed as this right was given, since no probe had failed for five minutes. */
  readonly closed?: boolean;
}

/** The attempt that asks for a permit. */
export interface CircuitAttempt {
  /**
   * One object for all attempts of one call: it counts once, and the attempts after a probe are let through; under a scoped rule
   * those after any attempt that was let through.
   */
  readonly call?: object;
  /** What is asked for, e.g. `GET /users/7`; read only when something has failed. */
  readonly thing?: string;
  /** The part of the service that it belongs to, e.g. `GET /users/*`; read only when a part has failed. */
  readonly part?: string;
  /** Whether a `retry` further out may repeat the call. */
  readonly retried?: boolean;
  /** Whether its caller has aborted it. Then it holds no slot of a probe any more. */
  readonly aborted?: boolean;
}
