import type { Call } from '../call/call.ts';
import { isReplayable } from '../call/copy-init.ts';
import type { BodyInit } from '../call/platform-types.ts';
import { checkFunction } from '../options/check.ts';
import { abortable } from '../time/abort.ts';
import { cancelBody } from './keep-body.ts';

/** Returns a body, or a promise of one. */
export type BodyMaker = () => BodyInit | Promise<BodyInit>;

type Send = (init: RequestInit) => Promise<Response>;

/** The key of the function that sends a factory. It is a member of the factory, so that another copy of this package finds it. */
const SEND_FRESH: unique symbol = Symbol.for('steadfetch.send-fresh.1') as never;

interface Factory extends BodyMaker {
  [SEND_FRESH]?(call: Call, send: Send): Promise<Response>;
}

/**
 * Returns a body that is made anew for each attempt, so that a stream can be retried. A `Request`, or a `fetch` without our middlewares,
 * throws a `TypeError` for it.
 *
 * @example fetch(url, { method: 'PUT', body: bodyFactory(() => openAsBlob(path)) })
 */
export function bodyFactory(make: BodyMaker): BodyInit {
  checkFunction('bodyFactory: make', make);
  const body = uncheckedFactory(make);
  // otherwise `fetch` and `Request` would send the source text of the function
  body.toString = () => {
    throw new TypeError(
      'bodyFactory: only a fetch with a middleware of steadfetch can send it, and no Request can hold it',
    );
  };
  return body;
}

/** `bodyFactory` for our own layers, without its checks. */
export function uncheckedFactory(make: BodyMaker): BodyInit {
  const factory: Factory = () => make();
  factory[SEND_FRESH] = (call, send) => makeAndSend(make, call, send);
  return factory as unknown as BodyInit;
}

/** Returns the function that sends a call whose body is a factory; `undefined` for any other body. */
export function senderOf(body: unknown): Factory[typeof SEND_FRESH] {
  return typeof body === 'function' ? (body as Factory)[SEND_FRESH] : undefined;
}

/** Makes the body and sends the call with it. For a stream `fetch` demands `duplex: 'half'`. */
async function makeAndSend(make: BodyMaker, { init, signal }: Call, send: Send): Promise<Response> {
  const making = Promise.resolve(make());
  try {
    const body = await abortable(making, signal);
    return send({ ...init, body, ...(isReplayable(body) ? {} : { duplex: 'half' }) } as RequestInit);
  } catch (error) {
    if (signal?.aborted) making.then(cancelBody, () => {});
    throw error;
  }
}
