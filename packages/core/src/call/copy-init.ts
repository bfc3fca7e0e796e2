import { copyForm } from '../body/form.ts';
import { tagOf } from '../options/show.ts';
import { inReactNative } from '../runtime.ts';
import { cloneHeaders, membersOf, STRING_MEMBERS } from './request-members.ts';

/**
 * Returns a copy of an init that the caller cannot change: of its members, its headers and a mutable body. A stream is not copied,
 * since it can be read only once. Values that `fetch` would turn into strings, such as a `URL` as referrer, become strings here.
 */
export function copyInit(init: RequestInit): RequestInit {
  const copy: RequestInit & Record<string, unknown> = { ...init };
  // `fetch` reads inherited members too: of an init made by Object.create, or of an object of a class, as in fetch(url, request)
  if (Object.getPrototypeOf(init) !== Object.prototype) {
    for (const name in init) {
      try {
        copy[name] ??= init[name as keyof RequestInit];
      } catch {} // in Hono on Node a request inherits getters that work only on a real `Request`; no `fetch` reads them
    }
    Object.assign(copy, membersOf(init));
  }
  for (const name in copy) {
    const value = copy[name];
    if (typeof value === 'object' && value !== null) copy[name] = copyMember(name, value);
  }
  return copy;
}

function copyMember(name: string, value: object): unknown {
  if (name === 'headers') return copyHeaders(value as HeadersInit);
  if (name === 'body') return copyBody(value as BodyInit);
  return STRING_MEMBERS.includes(name) ? `${value}` : value;
}

/** Whether a body can be sent more than once. Streams and iterators cannot. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return true;
  return !('getReader' in body || 'pipe' in body || 'next' in body || Symbol.asyncIterator in body);
}

/** Returns a copy. Headers that cannot be copied are invalid, and are returned as they are: `fetch` will refuse them. */
export function copyHeaders(headers: HeadersInit): HeadersInit {
  try {
    if (Array.isArray(headers)) return headers.map((pair) => Array.from(pair, String) as [string, string]);
    if (Symbol.iterator in headers) return cloneHeaders(headers as Headers);
    const copy: Record<string, unknown> = { ...headers };
    // a list becomes a string; `undefined`, `null` and functions stay, since a wrapper inside may drop or call them
    for (const name of Object.keys(copy))
      if (typeof copy[name] === 'object' && copy[name]) copy[name] = `${copy[name]}`;
    return copy as Record<string, string>;
  } catch {
    return headers;
  }
}

/**
 * Returns a copy of a mutable body. Reads the kind from the tag, since the body may come from another realm, or its class be missing here.
 */
export function copyBody(body: BodyInit): BodyInit {
  if (ArrayBuffer.isView(body)) return copyBytes(body);
  const kind = tagOf(body);
  if (kind === '[object ArrayBuffer]') return (body as ArrayBuffer).slice(0);
  if (kind === '[object URLSearchParams]' || isUntaggedParams(body)) return new URLSearchParams(String(body));
  if (kind === '[object FormData]') return copyForm(body as FormData);
  if (Array.isArray(body)) return body.slice() as unknown as BodyInit; // a wrapper inside may turn it into JSON
  return isReplayable(body) && kind !== '[object Blob]' && kind !== '[object File]' ? asText(body) : body;
}

/** Returns a copy of the same class, without a call of its constructor. A wrapper inside may call `toString` of a `Buffer`. */
function copyBytes(view: ArrayBufferView): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
  return view instanceof Uint8Array ? Object.setPrototypeOf(copy, Object.getPrototypeOf(view)) : copy;
}

/**
 * Whether the body is `URLSearchParams` of a runtime whose classes have no tag: Workers with a compatibility date before
 * 2024-09-26. React Native has no tag either, but its `fetch` can send only the text.
 */
function isUntaggedParams(body: BodyInit): boolean {
  return typeof URLSearchParams === 'function' && body instanceof URLSearchParams && !inReactNative();
}

/** Returns the text of a body; the body itself if the text is only `[object …]`, since `fetch` may know its class (happy-dom's Blob). */
function asText(body: BodyInit): BodyInit {
  try {
    const text = String(body);
    return /^\[object .*\]$/.test(text) ? body : text;
  } catch {
    return body;
  }
}
