import type { LastAnswer } from '@steadfetch/core';

/** What a call shows about the server. Neutral: nothing. */
export type Verdict = 'success' | 'failure' | 'neutral';

/** What the end of a call did to its circuit. */
export type CircuitChange = 'opened' | 'closed';

/** The right to make one call. Settle it when the call has ended; settling it again does nothing. */
export interface Permit {
  /**
   * `answer`: the server's answer, if there was one. `isTimed: false`: a success does not count as slow, however long it took.
   * @default true
   */
  settle(verdict: Verdict, answer?: LastAnswer, isTimed?: boolean): CircuitChange | undefined;
  /** Whether the call is a probe: it finds out whether the server is back. */
  readonly probe?: boolean;
  /** Whether this call closed the circuit, because no probe had failed for five minutes after the open time. */
  readonly closed?: boolean;
}

/** The attempt that asks for a permit. */
export interface CircuitAttempt {
  /**
   * The same object for all attempts of one call, so that the call counts once. After a probe its further attempts are let through; under
   * a scoped rule after any attempt that was let through.
   */
  readonly call?: object;
  /** Method and path, e.g. `GET /users/7`. Read only after a failure. */
  readonly thing?: string;
  /** Method and route, e.g. `GET /users/*`. Read only after a failure. */
  readonly part?: string;
  /** Whether a `retry` further out may repeat the call. */
  readonly retried?: boolean;
  /** Whether its caller has aborted it. An aborted probe loses its slot. */
  readonly aborted?: boolean;
}
