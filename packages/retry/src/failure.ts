import { type Call, classifyError, type ErrorClass, type Outcome, peek } from '@steadfetch/core';
import type { Standing } from './standing.ts';

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
  /** The `Idempotency-Key` that the call was made with, if it was. */
  readonly idempotencyKey?: string;
  /** What the error says about the request; only for errors. */
  readonly errorClass?: ErrorClass;
  /** The first bytes of the response's body as text; the response stays readable. '' for an error. */
  peek(maxBytes?: number): Promise<string>;
}

/** A failed attempt, described for the rules and for the caller's condition. */
export function failureOf(outcome: Outcome, { call, key, attempt, elapsed }: Standing): Failure {
  const { response, error } = outcome;
  const keyed = key === undefined ? {} : { idempotencyKey: key };
  const base = { call, url: call.url, method: call.method, attempt, elapsed, outcome: { ...outcome }, ...keyed };
  if (!response) return { ...base, error, errorClass: classifyError(error), peek: async () => '' };
  return { ...base, response, peek: (maxBytes) => peek(response, maxBytes) };
}
