import { membersOf } from './copy-init.ts';

/** True for a `Request`, also one of another realm or polyfill. */
export function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && !(input instanceof URL) && 'url' in input && 'headers' in input;
}

/** The headers of a Request as they are now; `undefined` without one, and where they cannot be read. */
export function headersOf(input: RequestInfo | URL): Headers | undefined {
  if (!isRequest(input)) return undefined;
  try {
    return new Headers(input.headers);
  } catch {
    return undefined;
  }
}

/** Whether two hold the same fields. */
export function haveSameFields(one: Headers, other: Headers): boolean {
  return JSON.stringify([...one]) === JSON.stringify([...other]);
}

/** The members of a Request that `fetch(request, init)` drops as soon as there is any init. */
export function referrerOf(input: RequestInfo | URL): RequestInit {
  if (typeof input === 'string') return {};
  const { referrer, referrerPolicy } = input as Partial<Request>;
  return { ...(referrer === undefined ? {} : { referrer }), ...(referrerPolicy ? { referrerPolicy } : {}) };
}

/** The same request to another address. With a body it stays a `Request`, which can be cloned. */
export function moveRequest(
  request: Request,
  target: string,
  headers: Headers | undefined,
): { input: RequestInfo; init: RequestInit } {
  const { signal, mode, ...members } = membersOf(request);
  const init: RequestInit = {
    ...members,
    ...(headers && { headers }),
    ...(mode === 'navigate' || mode === undefined ? {} : { mode }),
  };
  const own = signal ? { signal } : {};
  if (!request.body) return { input: target, init: { ...init, ...own } };
  return { input: new Request(target, init), init: own };
}
