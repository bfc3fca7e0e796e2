import { type Call, classifyError, localRefusal, type Outcome } from '@steadfetch/core';
import { isElsewhere, isOffline, isRequest, optionError, textOf, warnOnce } from '@steadfetch/core/kit';
import type { Verdict } from './permit.ts';

/** `true`: a failure. `false`: a success. `'neutral'`: the outcome says nothing about the server. `undefined`: the default rules apply. */
export type IsFailure = (outcome: Outcome, call: Call) => boolean | 'neutral' | undefined;

/** Facts about an attempt besides its outcome. */
export interface AttemptFacts {
  /** Requests that the call had sent before this attempt. */
  readonly sends: number;
  /** How long it took, in milliseconds; 0 if an inner `timeout` would have cut it. */
  readonly uncutFor: number;
}

/**
 * What one outcome shows about the server. An abort by the caller, a refusal by one of our layers and a request that was never sent
 * are neutral; `isFailure` is not called for them.
 */
export function verdictOf(
  outcome: Outcome,
  call: Call,
  facts: AttemptFacts,
  isFailure: IsFailure | undefined,
): Verdict {
  if (outcome.failed) {
    if (call.record.sends === facts.sends || localRefusal(outcome.error)) return 'neutral';
    if (call.signal?.aborted) return isUnanswered(call, facts.uncutFor) ? 'failure' : 'neutral';
  }
  const answer = isFailure && ask(isFailure, outcome, call);
  if (answer === 'neutral') return answer;
  if (answer !== undefined) return answer ? 'failure' : 'success';
  return outcome.failed ? verdictOfError(outcome.error, call) : verdictOfAnswer(outcome.response, call);
}

/**
 * Whether the timeout of the whole call ended an attempt that no inner timeout cut. Then the server failed to answer if it had a
 * third of that time, or all the time of an attempt. The abort reason of that timeout has `phase` and `limit`.
 */
function isUnanswered({ signal, record }: Call, uncutFor: number): boolean {
  const { phase, limit = Infinity } = Object(signal?.reason) as { phase?: unknown; limit?: number };
  const hadTime = record.outlasted > 0 || uncutFor >= limit / 3;
  return phase === 'headers' && record.waitingFor === undefined && hadTime;
}

/** Calls `isFailure`. A wrong answer or an error is reported once and counts as neutral, so that the call keeps its outcome. */
function ask(isFailure: IsFailure, outcome: Outcome, call: Call): boolean | 'neutral' | undefined {
  try {
    const answer = isFailure(outcome, call);
    if (answer === undefined || answer === 'neutral' || typeof answer === 'boolean') return answer;
    warnOnce(optionError('circuitBreaker: isFailure', "true, false, 'neutral' or undefined", answer).message);
  } catch {
    warnOnce('circuitBreaker: isFailure: it threw, so the outcome counts as neutral');
  }
  return 'neutral';
}

/**
 * After a redirect, a failure or refusal of the other origin says nothing about this one. A good answer there counts as a success: this
 * origin has answered, too, with the redirect.
 */
function verdictOfAnswer(response: Response, call: Call): Verdict {
  const { status } = response;
  if (status < 400) return 'success';
  if (status === 429 || isElsewhere(response, call)) return 'neutral';
  return status >= 500 ? 'failure' : 'success';
}

const MISTAKE = /^(Type|Range|Reference|Syntax)Error$/;

/** Codes of requests that undici does not send: a field such as `expect`, or a `content-length` that does not match the body. */
const NOT_SENT = /^UND_ERR_(INVALID_ARG|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH)$/;

/** An unknown error is a failure. A mistake of the program, a broken request body or a machine without network is neutral. */
function verdictOfError(error: unknown, call: Call): Verdict {
  const { kind, permanent, code } = classifyError(error);
  const waited = call.record.waitingFor !== undefined && (kind === 'timeout' || kind === 'abort');
  // undici also says "fetch failed" for a bad port or an integrity that does not match, without a code; certificate errors have one
  const isOfRequest = kind === 'network' && permanent && (code === undefined || NOT_SENT.test(code));
  const mistake = kind === 'bug' ? MISTAKE.test(textOf(error, 'name') ?? '') : isOfRequest;
  return mistake || waited || mayBeOwnBody(call, kind === 'timeout') || isOffline(error) ? 'neutral' : 'failure';
}

/**
 * Whether the call's own body may have caused the error, because it is read while it is sent: a stream, a factory, a file, or the
 * body of a `Request`. Of these, only a stream or a factory can cause a timeout.
 */
function mayBeOwnBody({ init, input, replayable }: Call, timedOut: boolean): boolean {
  const body: unknown = init?.body;
  if (body === undefined || body === null) return !timedOut && isRequest(input) && Boolean(input.body);
  if (typeof body === 'function' || !replayable) return true;
  if (timedOut || typeof body !== 'object') return false;
  return 'stream' in body || ('getAll' in body && !(body instanceof URLSearchParams));
}
