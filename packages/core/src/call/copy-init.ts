import { copyForm } from '../body/form.ts';
import { tagOf } from '../options/show.ts';
import { inReactNative } from '../runtime.ts';
import { cloneHeaders, membersOf, TEXTS } from './request-members.ts';

/**
 * A copy of an init that its caller cannot change: its members, its headers, and a body that is mutable. A stream is not
 * copied, since it can be read only once. What `fetch` would turn into a string becomes one here, as a `URL` for a referrer.
 */
export function copyInit(init: RequestInit): RequestInit {
  const copy: RequestInit & Record<string, unknown> = { ...init };
  // `fetch` reads inherited members too: of inits made by Object.create, and of a class, as in fetch(url, request)
  if (Object.getPrototypeOf(init) !== Object.prototype) {
    for (const name in init) {
      try {
        copy[name] ??= init[name as keyof RequestInit];
      } catch {} // of what no `fetch` reads: in Hono on Node a request inherits getters of `Request`, which know only their own
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
  return TEXTS.includes(name) ? `${value}` : value;
}

/** Whether a body can be sent more than once: everything but streams and what is read step by step. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return true;
  return !('getReader' in body || 'pipe' in body || 'next' in body || Symbol.asyncIterator in body);
}

/** A copy; headers that cannot be copied are invalid, and are left for `fetch` to refuse. */
export function copyHeaders(headers: HeadersInit): HeadersInit {
  try {
    if (Array.isArray(headers)) return headers.map((pair) => Array.from(pair, String) as [string, string]);
    if (Symbol.iterator in headers) return cloneHeaders(headers as Headers);
    const copy: Record<string, unknown> = { ...headers };
    // the text of a list; `undefined` and `null` stay, since a wrapper inside may leave such fields out, and a function, which it may call
    for (const name of Object.keys(copy))
      if (typeof copy[name] === 'object' && copy[name]) copy[name] = `${copy[name]}`;
    return copy as Record<string, string>;
  } catch {
    return headers;
  }
}

/**
 * A copy of what is mutable. Kinds are read from their tags: a body may be of another realm, its class missing here.
 */
export function copyBody(body: BodyInit): BodyInit {
  if (ArrayBuffer.isView(body)) return copyBytes(body);
  const kind = tagOf(body);
  if (kind === '[object ArrayBuffer]') return (body as ArrayBuffer).slice(0);
  if (kind === '[object URLSearchParams]' || isUntaggedParams(body)) return new URLSearchParams(String(body));
  if (kind === '[object FormData]') return copyForm(body as FormData);
  if (Array.isArray(body)) return body.slice() as unknown as BodyInit; // a wrapper inside may write it as JSON
  return isReplayable(body) && kind !== '[object Blob]' && kind !== '[object File]' ? asText(body) : body;
}

/** A copy of the same class, whose constructor is not called: a wrapper inside may ask for the text of a `Buffer`. */
function copyBytes(view: ArrayBufferView): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
  return view instanceof Uint8Array ? Object.setPrototypeOf(copy, Object.getPrototypeOf(view)) : copy;
}

/**
 * Whether they are params of a runtime whose classes have no tag: Workers with a compatibility date before
 * 2024-09-26. Those of React Native have none either, but its `fetch` can send their text alone.
 */
function isUntaggedParams(body: BodyInit): boolean {
  return typeof URLSearchParams === 'function' && body instanceof URLSearchParams && !inReactNative();
}

/** The text of a body; the body itself where the text only names its kind: `fetch` may know it, as happy-dom does its untagged Blob. */
function asText(body: BodyInit): BodyInit {
  try {
    const text = String(body);
    return /^\[object .*\]$/.test(text) ? body : text;
  } catch {
    return body;
  }
}
