import { madeBy } from '../body/body-factory.ts';
import { inBrowser } from '../runtime.ts';
import type { RequestInfo } from './platform-types.ts';
import { membersOf } from './request-members.ts';

/** What `fetch` is called with. */
interface Moved {
  input: RequestInfo;
  init: RequestInit;
}

/**
 * The same request to another address. With a body it stays a `Request`, which can be cloned; but in a browser the bytes of
 * the body are sent, read at the first attempt: Chromium sends a stream over HTTP/2 alone, Safari sends its name in place of
 * it, and in Firefox a `Request` does not show its body. So are those of a `Request` of another package, whose `fetch` takes
 * no other. What `given` says counts before what the request says.
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

/** Where a runtime does not show the body of a `Request`, its method says whether there can be one. */
function mayHaveBody({ body, method, arrayBuffer }: Request): boolean {
  return body !== null && method !== 'GET' && method !== 'HEAD' && typeof arrayBuffer === 'function';
}

/** A body that reads that of the request once, and is sent with each attempt. */
function bytesOf(request: Request): BodyInit {
  let bytes: Promise<ArrayBuffer> | undefined;
  return madeBy(() => {
    bytes ??= request.arrayBuffer();
    return bytes;
  });
}
