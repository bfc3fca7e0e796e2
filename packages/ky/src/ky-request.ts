import { type Call, onAbort } from '@steadfetch/core';
import { isRepeatable, type Policy } from '@steadfetch/retry/engine';
import type { NormalizedOptions, Options } from 'ky';

/** A request of ky, with the members that ky adds to its errors. */
export interface KyRequest {
  readonly request: Request;
  readonly options: NormalizedOptions;
  readonly parseJson: Options['parseJson'] | undefined;
}

/** The members of a request, copied before a layer below can change them. */
export type RequestCopy = Readonly<
  Pick<Request, 'url' | 'method' | 'redirect'> & { signal: AbortSignal | undefined; headers: Record<string, string> }
>;

/** The ky request behind each call that `retry()` hooks make. A `shouldRetry` written for ky expects it. */
export const kyRequests: WeakMap<Call, KyRequest> = new WeakMap();

export function copyOf({ url, method, headers, redirect, signal }: Request): RequestCopy {
  return { url, method, headers: Object.fromEntries(headers), redirect, signal };
}

/** The body in the options of a call, and the stream that the `Request` makes of it. `mayKeep`: ky may keep a stream in memory. */
export interface Bodies {
  readonly body: BodyInit | null | undefined;
  readonly stream: ReadableStream | null | undefined;
  readonly mayKeep: boolean;
}

/**
 * Returns the body if the request must not be cloned: a stream, unless ky may keep it in memory; or the body of a `Request` that may not be
 * repeated.
 */
export function oneShotBody(call: Call, { body, stream, mayKeep }: Bodies, policy: Policy): BodyInit | undefined {
  if (mayKeep && isRepeatable(call, policy)) return undefined;
  if (body) return call.with({ init: { ...call.init, body } }).replayable ? undefined : body;
  return stream && !isRepeatable(call, policy) ? stream : undefined;
}

/** A signal that aborts when this one does, except if `isIgnored` then returns true. */
export function signalExcept(signal: AbortSignal, isIgnored: () => boolean): AbortSignal {
  const controller = new AbortController();
  onAbort(signal, (reason) => {
    if (!isIgnored()) controller.abort(reason);
  });
  return controller.signal;
}
