/** True for a `Request`, also one of another realm or polyfill. */
export function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && !(input instanceof URL) && 'url' in input && 'headers' in input;
}

/** The headers of a Request as they are now; `undefined` without one, and where they cannot be read. */
export function headersOf(input: RequestInfo | URL): Headers | undefined {
  if (!isRequest(input)) return undefined;
  try {
    return cloneHeaders(input.headers);
  } catch {
    return undefined;
  }
}

/**
 * A copy that keeps the case of the names where the runtime does, as Node. One by one where a mock has replaced the class: msw 2
 * and nock 14 lose fields of a copied Headers.
 */
export function cloneHeaders(headers: Headers): Headers {
  return new Headers(headers.constructor === Headers ? headers : [...headers]);
}

/** Whether two hold the same fields. */
export function haveSameFields(one: Headers, other: Headers): boolean {
  return JSON.stringify([...one]) === JSON.stringify([...other]);
}

/**
 * A copy of an init to which members are added. `fetch(request, init)` drops the referrer of the request as soon as there is any, so
 * the copy of one without members, such as the `{}` of ky, gets it. Not the referrer that each request has by itself: with it, `fetch`
 * of Node hangs where the global `URL` was replaced.
 */
export function initFor(input: RequestInfo | URL, init: RequestInit | undefined): RequestInit {
  if (!isRequest(input) || Object.keys(membersOf(init ?? {})).length > 0) return { ...init };
  const { referrer = BY_ITSELF, referrerPolicy }: Partial<Request> = input;
  return { ...(referrer === BY_ITSELF ? {} : { referrer }), ...(referrerPolicy ? { referrerPolicy } : {}), ...init };
}

const BY_ITSELF = 'about:client';

/**
 * What `fetch` reads of an init; a class may have them as getters, which no loop finds. `cf` is of Workers. The annotation
 * lets a bundler leave it out.
 */
const MEMBERS: readonly string[] = /* @__PURE__ */ (
  'method mode credentials cache redirect referrer referrerPolicy integrity ' +
  'headers body keepalive signal duplex priority dispatcher window cf'
).split(' ');

/** Those that are texts. */
export const TEXTS: readonly string[] = /* @__PURE__ */ MEMBERS.slice(0, 8);

/** What `fetch` reads of a Request, or of an init that is an object of a class. */
export function membersOf(source: object): RequestInit {
  const read = MEMBERS.map((name) => [name, (source as Record<string, unknown>)[name]]);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}
