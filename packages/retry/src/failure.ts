import type { Call, ErrorClass, Outcome } from '@steadfetch/core';

/** A failed attempt, as `shouldRetry` sees it. */
export interface Failure {
  readonly call: Call;
  readonly url: string;
  readonly method: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Milliseconds since the call began. */
  readonly elapsed: number;
  readonly outcome: Outcome;
  readonly response?: Response;
  readonly error?: unknown;
  /** What the error says about the request; only for errors. */
  readonly errorClass?: ErrorClass;
  /** The first bytes of the response's body as text; the response stays readable. '' for an error. */
  peek(maxBytes?: number): Promise<string>;
}
