import { type Call, type CallRecord, type LastAnswer, redactUrl } from '@steadfetch/core';
import { AnsweredError, oneLine } from '@steadfetch/core/kit';

/** What an error can say about a call. */
type Source = Pick<Call, 'method' | 'url'> & { readonly record: Pick<CallRecord, 'waitingFor' | 'lastAnswer'> };

/** Says which wait was too long, how long it was allowed to be, what the call was waiting for, and what came before. */
export class TimeoutError extends AnsweredError {
  override readonly name = 'TimeoutError';
  /** `headers`: no response came. `body`: a response came, and then its body stood still. */
  readonly phase: 'headers' | 'body';
  /** In milliseconds. */
  readonly limit: number;
  /** What the call was waiting for instead of an answer, e.g. `a slot of concurrency()`; `undefined` if it was sent. */
  readonly waitingFor: string | undefined;

  constructor(phase: 'headers' | 'body', limit: number, call: Source) {
    const { waitingFor, lastAnswer } = phase === 'headers' ? call.record : {};
    const what = phase === 'headers' ? 'response' : 'part of the body';
    super(`no ${what} within ${limit} ms from ${sourceOf(call)}${circumstances(waitingFor, lastAnswer)}`, lastAnswer);
    this.phase = phase;
    this.limit = limit;
    this.waitingFor = waitingFor;
  }

  /** How long the last answer asked to wait, in milliseconds from when it came, if it did. */
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

/** Method and URL for a message. They may be of any kind and length, and must neither fail it, in a timer, nor forge a line. */
function sourceOf(call: Source): string {
  try {
    return `${oneLine(String(call.method), 20)} ${oneLine(redactUrl(call.url))}`;
  } catch {
    return 'the server';
  }
}
