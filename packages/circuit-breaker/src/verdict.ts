import { type Call, classifyError, localRefusal, type Outcome } from '@steadfetch/core';
import { isElsewhere, isOffline, isRequest, optionError, textOf, warnOnce } from '@steadfetch/core/kit';
import type { Verdict } from './permit.ts';

/** `true`: a failure, `false`: a success, `'neutral'`: says nothing about the server, `undefined`: the default rules. */
export type IsFailure = (outcome: Outcome, call: Call) => boolean | 'neutral' | undefined;

/** What is known of an attempt besides its outcome. */
export interface AttemptFacts {
  /** Requests that the call had sent before it. */
  readonly sends: number;
  /** How long it took, in milliseconds; 0 where an inner limit cuts it. */
  readonly uncutFor: number;
}

/**
 * How the server did, judged by one outcome. What the caller ended, what one of our layers refused and what was never sent
 * is neutral; `isFailure` is not asked about it.
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
 * Whether the limit for the whole call ended an attempt that no inner one has cut: then the server had a good part of it for
 * its answer, or all the time of an attempt. The limit is known by the members of its error.
 */
function isUnanswered({ signal, record }: Call, uncutFor: number): boolean {
  const { phase, limit = Infinity } = Object(signal?.reason) as { phase?: unknown; limit?: number };
  const hadTime = record.outlasted > 0 || uncutFor >= limit / 3;
  return phase === 'headers' && record.waitingFor === undefined && hadTime;
}

/** A wrong answer is warned of once and counts as neutral: it must not change the outcome of the call. */
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
 * A failure or refusal of another origin, after a redirect, says nothing about this one. A good answer of another origin does: this one
 * has answered too, by its redirect.
 */
function verdictOfAnswer(response: Response, call: Call): Verdict {
  const { status } = response;
  if (status < 400) return 'success';
  if (status === 429 || isElsewhere(response, call)) return 'neutral';
  return status >= 500 ? 'failure' : 'success';
}

const MISTAKE = /^(Type|Range|Reference|Syntax)Error$/;

/** What undici does not send: a field such as `expect`, or a `content-length` that is not that of the body. */
const NOT_SENT = /^UND_ERR_(INVALID_ARG|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH)$/;

/** An unknown error counts against the server; a mistake of the program, our own body and our own network do not. */
function verdictOfError(error: unknown, call: Call): Verdict {
  const { kind, permanent, code } = classifyError(error);
  const waited = call.record.waitingFor !== undefined && (kind === 'timeout' || kind === 'abort');
  // undici's "fetch failed" also stands for a bad port or an integrity that does not match; certificates have a code
  const isOfRequest = kind === 'network' && permanent && (code === undefined || NOT_SENT.test(code));
  const mistake = kind === 'bug' ? MISTAKE.test(textOf(error, 'name') ?? '') : isOfRequest;
  return mistake || waited || mayBeOwnBody(call, kind === 'timeout') || isOffline(error) ? 'neutral' : 'failure';
}

/**
 * Whether the error may be that of the call's own body, which is read while it is sent: a stream, a factory, a file, or
 * what a `Request` holds. Only the first two can also keep a call waiting.
 */
function mayBeOwnBody({ init, input, replayable }: Call, timedOut: boolean): boolean {
  const body: unknown = init?.body;
  if (body === undefined || body === null) return !timedOut && isRequest(input) && Boolean(input.body);
  if (typeof body === 'function' || !replayable) return true;
  if (timedOut || typeof body !== 'object') return false;
  return 'stream' in body || ('getAll' in body && !(body instanceof URLSearchParams));
}
