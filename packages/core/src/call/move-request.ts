import { uncheckedFactory } from '../body/body-factory.ts';
import { inBrowser } from '../runtime.ts';
import type { RequestInfo } from './platform-types.ts';
import { membersOf } from './request-members.ts';

/** The arguments of `fetch`. */
interface Moved {
  input: RequestInfo;
  init: RequestInit;
}

/**
 * Returns the arguments for the same request to another address. With a body it stays a `Request`, which can be cloned. In a browser the
 * body is sent as bytes instead, read at the first attempt: Chromium sends a stream only over HTTP/2, Safari sends the text
 * `[object ReadableStream]`, and in Firefox a `Request` does not show its body. A `Request` of another package is sent as bytes too, since
 * that package's `fetch` refuses ours. Members of `given` override members of the request.
 */
export function moveRequest(
  request: Request,
  target: string,
  headers: Headers | undefined,
  given: RequestInit | undefined,
): Moved {
  const { signal, mode, body: stream, ...members } = membersOf(request);
  const said: RequestInit = {
    ...members,
    ...(headers && { headers }),
    ...(mode === 'navigate' || mode === undefined ? {} : { mode }),
  };
  const own = { ...(signal && { signal }), ...given };
  const init = { ...said, ...own };
  if (!mayHaveBody(request) || (own.body ?? null) !== null) return { input: target, init };
  if (stream === undefined || inBrowser() || !(request instanceof Request)) {
    return { input: target, init: { ...init, body: bytesOf(request) } };
  }
  return { input: new Request(target, { ...said, body: stream }), init: own };
}

/** If a runtime does not show the body of a `Request`, the method decides whether there can be one. */
function mayHaveBody({ body, method, arrayBuffer }: Request): boolean {
  return body !== null && method !== 'GET' && method !== 'HEAD' && typeof arrayBuffer === 'function';
}

/** Returns a body that reads the request once, and sends those bytes in each attempt. */
function bytesOf(request: Request): BodyInit {
  let bytes: Promise<ArrayBuffer> | undefined;
  return uncheckedFactory(() => {
    bytes ??= request.arrayBuffer();
    return bytes;
  });
}
