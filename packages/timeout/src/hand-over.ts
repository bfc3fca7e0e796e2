import { type Call, isRequest } from '@steadfetch/core';
import { canFollowWeakly, followWeakly, isScoped } from './follow.ts';
import type { Time } from './start-timer.ts';
import { watchBody } from './watch-body.ts';

export interface Arrival {
  call: Call;
  controller: AbortController;
  /** Removes the listener that stood on the caller's signal while the headers were awaited. */
  release: () => void;
  limits: { body: number | undefined; time: Time };
}

/**
 * What must live as long as a body that is handed on as it is: the controller, and the `Request`, without which undici
 * does not pass the caller's abort on.
 */
const alive = new WeakMap<ReadableStream, { call: Call; controller: AbortController }>();

/**
 * Makes a response fit to leave: an abort by the caller must still reach a body that is being read, and no listener
 * may stay on a signal that outlives the call. Only a body limit, a signal in `init`, or a body made by a script, which
 * is deaf to the signal of a `Request`, makes a new `Response`.
 */
export function handOver(response: Response, { call, controller, release, limits }: Arrival): Response {
  const { body } = response;
  if (!body || body.locked || response.bodyUsed) {
    release();
    return response;
  }
  const { signal } = call;
  const { body: limit, time } = limits;
  const scoped = !signal || isScoped(signal);
  if (limit === undefined && scoped) return response;
  if (!scoped) release();
  if (limit === undefined && response.url !== '' && signalOfRequest(call)) {
    followWeakly(signal!, controller);
    alive.set(body, { call, controller });
    return response;
  }
  const linked = scoped ? release : needsLink(response) ? followWeakly(signal, controller) : undefined;
  const follow = () => linked ?? followWeakly(signal!, controller);
  return watchBody(response, { call, controller, limit, time, follow });
}

/**
 * Whether an abort must be passed on before the body is read: a response made by a script has no connection to close.
 * A body that is never read must not leave a listener, so it is not linked where nothing tells that it is gone.
 */
function needsLink({ url }: Response): boolean {
  return url !== '' && canFollowWeakly();
}

/** A signal that came with the `Request` belongs to it, and goes with it. */
function signalOfRequest({ input, signal }: Call): boolean {
  return isRequest(input) && input.signal === signal;
}
