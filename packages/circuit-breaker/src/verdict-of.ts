import { type Call, classifyError, type Outcome } from '@steadfetch/core';
import type { Verdict } from './permit.ts';

/** `true`: a failure, `false`: a success, `'neutral'`: says nothing about the server, `undefined`: the default rules. */
export type IsFailure = (outcome: Outcome, call: Call) => boolean | 'neutral' | undefined;

/** Errors of middlewares further in that refused the call before it reached the server. */
const REFUSALS: ReadonlySet<unknown> = new Set([
  'CircuitOpenError',
  'ConcurrencyError',
  'ConcurrencyLimitError',
  'QueueFullError',
  'RateLimitError',
]);
const MISTAKES: ReadonlySet<unknown> = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/**
 * What an outcome says about the server. An abort by the caller and a refusal of our own are neutral, whatever
 * `isFailure` would say of them.
 */
export function verdictOf(outcome: Outcome, call: Call, isFailure: IsFailure | undefined): Verdict {
  if (outcome.failed && (call.signal?.aborted || REFUSALS.has(nameOf(outcome.error)))) return 'neutral';
  const answer = isFailure?.(outcome, call);
  if (answer === undefined) return outcome.failed ? verdictOfError(outcome.error) : verdictOfStatus(outcome.response);
  if (answer === 'neutral') return answer;
  if (typeof answer === 'boolean') return answer ? 'failure' : 'success';
  throw new TypeError(`circuitBreaker: isFailure: expected true, false, 'neutral' or undefined, got ${String(answer)}`);
}

function verdictOfStatus({ status }: Response): Verdict {
  if (status === 429) return 'neutral';
  return status >= 500 ? 'failure' : 'success';
}

/** An unknown error counts against the server; a mistake of the program does not. */
function verdictOfError(error: unknown): Verdict {
  const { kind, permanent, code } = classifyError(error);
  // undici's "fetch failed" also stands for a bad port or an integrity that does not match; certificates have a code
  const mistake = kind === 'bug' ? MISTAKES.has(nameOf(error)) : kind === 'network' && permanent && code === undefined;
  return kind === 'abort' || mistake ? 'neutral' : 'failure';
}

function nameOf(error: unknown): unknown {
  return (error as { name?: unknown } | null | undefined)?.name;
}
