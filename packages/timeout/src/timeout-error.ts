import { type Call, type CallRecord, type LastAnswer, redactUrl } from '@steadfetch/core';
import { AnsweredError, oneLine } from '@steadfetch/core/kit';

/** The parts of a call that the error message uses. */
type Source = Pick<Call, 'method' | 'url'> & { readonly record: Pick<CallRecord, 'waitingFor' | 'lastAnswer'> };

/** A wait was longer than its limit. The error says which wait, which limit, what the call was waiting for, and the last answer. */
export class TimeoutError extends AnsweredError {
  override readonly name = 'TimeoutError';
  /** `headers`: no response came. `body`: a response came, and its body stalled. */
  readonly phase: 'headers' | 'body';
  /** The limit that was exceeded, in milliseconds. */
  readonly limit: number;
  /** What the call was waiting for before it could be sent, e.g. `a slot of concurrency()`. `undefined` if it was in flight. */
  readonly waitingFor: string | undefined;

  constructor(phase: 'headers' | 'body', limit: number, call: Source) {
    const { waitingFor, lastAnswer } = phase === 'headers' ? call.record : {};
    const what = phase === 'headers' ? 'response' : 'part of the body';
    super(`no ${what} within ${limit} ms from ${sourceOf(call)}${circumstances(waitingFor, lastAnswer)}`, lastAnswer);
    this.phase = phase;
    this.limit = limit;
    this.waitingFor = waitingFor;
  }

  /** The wait that the last answer asked for, in milliseconds from its arrival, if it asked for one. */
  get retryAfter(): number | undefined {
    return this.lastAnswer?.retryAfter;
  }
}

function circumstances(waitingFor: string | undefined, lastAnswer: LastAnswer | undefined): string {
  const waited = waitingFor === undefined ? '' : `; it was waiting for ${oneLine(waitingFor)}`;
  if (lastAnswer === undefined) return waited;
  const { status, retryAfter } = lastAnswer;
  const asked = retryAfter === undefined ? '' : `, and asked to wait ${Math.round(retryAfter)} ms`;
  return `${waited}; the last answer was ${status}${asked}`;
}

/** Method and URL for the message. They may be any value: they must neither throw, since this runs in a timer, nor add a line to a log. */
function sourceOf(call: Source): string {
  try {
    return `${oneLine(String(call.method), 20)} ${oneLine(redactUrl(call.url))}`;
  } catch {
    return 'the server';
  }
}
