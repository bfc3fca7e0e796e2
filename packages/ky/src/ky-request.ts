import { type Call, onAbort } from '@steadfetch/core';
import { isRepeatable, type Policy } from '@steadfetch/retry/engine';
import type { NormalizedOptions, Options } from 'ky';

/** A request of ky with what ky adds to its errors. */
export interface KyRequest {
  readonly request: Request;
  readonly options: NormalizedOptions;
  readonly parseJson: Options['parseJson'] | undefined;
}

/** What a request says, copied before anything below can change it. */
export type RequestCopy = Readonly<
  Pick<Request, 'url' | 'method' | 'redirect'> & { signal: AbortSignal | undefined; headers: Record<string, string> }
>;

/** The request of ky that a call describes, for conditions written for ky, if `retry()` hooks made the call. */
export const kyRequests: WeakMap<Call, KyRequest> = new WeakMap();

export function copyOf({ url, method, headers, redirect, signal }: Request): RequestCopy {
  return { url, method, headers: Object.fromEntries(headers), redirect, signal };
}

/** What the options of a call hold as its body, and the stream that the request makes of it. `kept`: ky may keep that in memory. */
export interface Bodies {
  readonly body: BodyInit | null | undefined;
  readonly carried: ReadableStream | null | undefined;
  readonly kept: boolean;
}

/**
 * The body of a request that must not be cloned: a stream, unless ky may keep it in memory; or one that came inside a
 * `Request` which cannot be repeated.
 */
export function oneShotBody(call: Call, { body, carried, kept }: Bodies, policy: Policy): BodyInit | undefined {
  if (kept && isRepeatable(call, policy)) return undefined;
  if (body) return call.with({ init: { ...call.init, body } }).replayable ? undefined : body;
  return carried && !isRepeatable(call, policy) ? carried : undefined;
}

/** Aborts as this signal does, as long as it is not over. */
export function signalUntil(signal: AbortSignal, isOver: () => boolean): AbortSignal {
  const controller = new AbortController();
  onAbort(signal, (reason) => {
    if (!isOver()) controller.abort(reason);
  });
  return controller.signal;
}
