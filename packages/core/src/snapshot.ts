/**
 * A copy of an init that its caller can no longer change: of its members, its headers, and a body that is mutable.
 * A stream stays what it is, since it can be read only once.
 */
export function snapshot(init: RequestInit): RequestInit {
  const copy = { ...init };
  // fetch(url, request), and inits made by Object.create: `fetch` reads inherited members too
  if (Object.getPrototypeOf(init) !== Object.prototype) inherit(copy, init);
  if (copy.headers !== undefined && copy.headers !== null) copy.headers = copyHeaders(copy.headers);
  if (typeof copy.body === 'object' && copy.body !== null) copy.body = copyBody(copy.body);
  return copy;
}

/** Whether a body can be sent more than once: everything but streams and what is read step by step. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return true;
  return !('getReader' in body || 'pipe' in body || 'next' in body || Symbol.asyncIterator in body);
}

/** What `fetch` reads of an init; a class may give it by getters, which no loop finds. */
const MEMBERS = (
  'method headers body mode credentials cache redirect referrer referrerPolicy integrity keepalive signal duplex ' +
  'priority dispatcher window'
).split(' ');

function inherit(copy: RequestInit, init: RequestInit): void {
  const given = init as Record<string, unknown>;
  const target = copy as Record<string, unknown>;
  for (const name in given) target[name] = given[name];
  for (const name of MEMBERS) if (name in given && !(name in target)) target[name] = given[name];
}

/** What cannot be copied is invalid, which is for `fetch` to say. */
function copyHeaders(headers: HeadersInit): HeadersInit {
  try {
    if (Array.isArray(headers)) return headers.map((pair) => [...pair] as [string, string]);
    return Symbol.iterator in headers ? new Headers(headers) : { ...headers };
  } catch {
    return headers;
  }
}

/** By what it calls itself, not by `instanceof`: it may be of another realm, and the class may be missing here. */
function copyBody(body: BodyInit): BodyInit {
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  const kind = Object.prototype.toString.call(body);
  if (kind === '[object ArrayBuffer]') return (body as ArrayBuffer).slice(0);
  if (kind === '[object URLSearchParams]') return new URLSearchParams(String(body));
  return kind === '[object FormData]' && 'forEach' in (body as FormData) ? copyForm(body as FormData) : body;
}

/** In the same class: a `fetch` knows only its own. */
function copyForm(form: FormData): FormData {
  const copy = new (form.constructor as typeof FormData)();
  form.forEach((value, name) => copy.append(name, value));
  return copy;
}
