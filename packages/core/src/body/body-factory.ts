import type { Call } from '../call/call.ts';
import { isReplayable } from '../call/copy-init.ts';
import type { BodyInit } from '../call/platform-types.ts';
import { checkFunction } from '../options/check.ts';
import { abortable } from '../time/abort.ts';
import { cancelBody } from './keep-body.ts';

/** Returns a body, or a promise of one. */
export type BodyMaker = () => BodyInit | Promise<BodyInit>;

type Send = (init: RequestInit) => Promise<Response>;

/** The function that sends a factory is a member of it, so that another copy of this package can send it too. */
const SEND_FRESH: unique symbol = Symbol.for('steadfetch.send-fresh.1') as never;

interface Factory extends BodyMaker {
  [SEND_FRESH]?(call: Call, send: Send): Promise<Response>;
}

/**
 * A body that is made anew for each attempt, so that a stream can be retried. A `Request`, or a `fetch` without our middlewares, throws
 * a `TypeError` for it.
 *
 * @example fetch(url, { method: 'PUT', body: bodyFactory(() => openAsBlob(path)) })
 */
export function bodyFactory(make: BodyMaker): BodyInit {
  checkFunction('bodyFactory: make', make);
  const body = madeBy(make);
  // else `fetch` and `Request` would send the text of the function
  body.toString = () => {
    throw new TypeError(
      'bodyFactory: only a fetch with a middleware of steadfetch can send it, and no Request can hold it',
    );
  };
  return body;
}

/** The same for layers of ours, unchecked. */
export function madeBy(make: BodyMaker): BodyInit {
  const factory: Factory = () => make();
  factory[SEND_FRESH] = (call, send) => sendMade(make, call, send);
  return factory as unknown as BodyInit;
}

/** What sends a call whose body is a factory; `undefined` for any other body. */
export function senderOf(body: unknown): Factory[typeof SEND_FRESH] {
  return typeof body === 'function' ? (body as Factory)[SEND_FRESH] : undefined;
}

/** Sends the call with the body that is made. For a stream `fetch` demands `duplex: 'half'`. */
async function sendMade(make: BodyMaker, { init, signal }: Call, send: Send): Promise<Response> {
  const making = Promise.resolve(make());
  try {
    const body = await abortable(making, signal);
    return send({ ...init, body, ...(isReplayable(body) ? {} : { duplex: 'half' }) } as RequestInit);
  } catch (error) {
    if (signal?.aborted) making.then(cancelBody, () => {});
    throw error;
  }
}
