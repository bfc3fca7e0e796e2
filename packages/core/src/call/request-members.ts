/** Whether it is a `Request`, also from another realm or a polyfill. */
export function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && !(input instanceof URL) && 'url' in input && 'headers' in input;
}

/** Returns a copy of the headers of a `Request`; `undefined` for anything else, or if the headers cannot be read. */
export function headersOf(input: RequestInfo | URL): Headers | undefined {
  if (!isRequest(input)) return undefined;
  try {
    return cloneHeaders(input.headers);
  } catch {
    return undefined;
  }
}

/**
 * Returns a copy that keeps the case of the names if the runtime does, as Node. Copies field by field if a mock has replaced the class:
 * a copied `Headers` of msw 2 and nock 14 loses fields.
 */
export function cloneHeaders(headers: Headers): Headers {
  return new Headers(headers.constructor === Headers ? headers : [...headers]);
}

/** Whether two hold the same fields. */
export function haveSameFields(one: Headers, other: Headers): boolean {
  return JSON.stringify([...one]) === JSON.stringify([...other]);
}

/**
 * Returns a copy of an init, for callers that add members. With any member, `fetch(request, init)` drops the referrer of the request, so
 * the copy of an empty init gets that referrer. It does not get `CLIENT`: with it Node's `fetch` hangs if the global `URL` was replaced.
 */
export function initFor(input: RequestInfo | URL, init: RequestInit | undefined): RequestInit {
  if (!isRequest(input) || Object.keys(membersOf(init ?? {})).length > 0) return { ...init };
  const { referrer = CLIENT, referrerPolicy }: Partial<Request> = input;
  return { ...(referrer === CLIENT ? {} : { referrer }), ...(referrerPolicy ? { referrerPolicy } : {}), ...init };
}

/** The referrer of a request that sets none. */
const CLIENT = 'about:client';

/**
 * The members of an init that `fetch` reads. An object of a class may have them as getters, which a loop does not find. `cf` belongs to
 * Workers. With the annotation a bundler can drop the list.
 */
const MEMBERS: readonly string[] = /* @__PURE__ */ (
  'method mode credentials cache redirect referrer referrerPolicy integrity ' +
  'headers body keepalive signal duplex priority dispatcher window cf'
).split(' ');

/** The members that are strings. */
export const STRING_MEMBERS: readonly string[] = /* @__PURE__ */ MEMBERS.slice(0, 8);

/** Returns the members that `fetch` reads of a `Request`, or of an init that is an object of a class. */
export function membersOf(source: object): RequestInit {
  const read = MEMBERS.map((name) => [name, (source as Record<string, unknown>)[name]]);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}
