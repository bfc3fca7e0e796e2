import { Call } from '@steadfetch/core';
import { isRepeatable, type Policy } from '@steadfetch/retry';
import { TimeoutError } from 'ky';

/** What ky's request does not tell about itself. */
interface Known {
  /** The signal among the options of the call. */
  signal: AbortSignal | null | undefined;
  /** What the attempt ended with. */
  error: unknown;
  /** A body that can be sent only once. */
  body: BodyInit | undefined;
}

/**
 * ky's request as a call, for the rules. Nothing is copied.
 *
 * The signal is the caller's own where the options name it. One that came inside a `Request` is known only through
 * ky's, and no longer after a timeout of ky, which aborts that.
 */
export function callOf({ url, method, headers, redirect, signal: own }: Request, { signal, error, body }: Known): Call {
  const caller = signal ?? (error instanceof TimeoutError ? undefined : own);
  const init = { method, headers, redirect, ...(caller && { signal: caller }), ...(body && { body }) };
  return Call.from(url).with({ init });
}

/**
 * The body of a request that must not be cloned: a stream, or one that came inside a `Request` which cannot be repeated.
 * `body` is what the options of the call hold, `carried` the stream that the request makes of it.
 */
export function oneShotBody(
  call: Call,
  { body, carried }: { body: BodyInit | null | undefined; carried: ReadableStream | null | undefined },
  policy: Policy,
): BodyInit | undefined {
  if (body) return call.with({ init: { ...call.init, body } }).replayable ? undefined : body;
  return carried && !isRepeatable(call, policy) ? carried : undefined;
}
