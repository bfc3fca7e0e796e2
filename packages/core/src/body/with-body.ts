import { historyBehind, keepHistory } from '../call/history.ts';
import { reportsRedirect } from '../call/origin.ts';
import type { BodyInit } from '../call/platform-types.ts';
import { readField } from '../outcome/read-field.ts';

const COPIED_MEMBERS = ['status', 'statusText', 'ok', 'url', 'redirected', 'type'] as const;
const READERS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'];
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Returns the error to reject with instead of the runtime's. */
export type ErrorOf = (error: unknown) => unknown;

/**
 * Whether a `Response` of this runtime can hold a stream made by script. In React Native it cannot: a stream turns into the text
 * `[object …]`, even if Expo's `fetch` returns streams. Responses are then passed on as they came.
 */
export function holdsStreams(): boolean {
  return (
    typeof Response === 'function' && ('body' in Response.prototype || 'body' in new Response()) && canMakeStreams()
  );
}

/** The class that was tried last, and whether it made a stream. To try takes as long as a call, so the result is kept. */
let tried: typeof ReadableStream | undefined;
let isMade = false;

/** Content scripts of extensions in Firefox cannot: the stream belongs to the page, which may not read the script's objects. */
function canMakeStreams(): boolean {
  if (tried === globalThis.ReadableStream) return isMade;
  tried = globalThis.ReadableStream;
  isMade = false;
  try {
    isMade = Boolean(new tried({}));
  } catch {}
  return isMade;
}

/**
 * Whether a fetch inside has replaced a method that reads the response, for instance `json()` to revive dates. A copy cannot take the
 * replacement over, since that may read the original. The methods that we replace are not enumerable.
 */
export function isPatched(response: Response): boolean {
  return READERS.some((name) => Object.prototype.propertyIsEnumerable.call(response, name));
}

/**
 * Returns the same response with another body: a real `Response` that keeps the members that the constructor cannot set (`url`,
 * `redirected`, `type`), the history, also in its clones, and the properties that a fetch inside has added. The original must not
 * be read afterwards.
 *
 * Keeps a status or reason phrase that the constructor refuses (999, broken UTF-8). For a stream made by script, pass
 * `errorOf`: Chromium's `text()` and the like reject with "Failed to fetch", whatever error the stream has.
 */
export function withBody(response: Response, body: BodyInit | null, errorOf: ErrorOf = (error) => error): Response {
  const { status, statusText, headers } = response;
  const copy = new Response(NO_BODY.has(status) ? null : body, {
    headers,
    status: status >= 200 && status <= 599 ? status : 200,
    statusText: REASON_PHRASE.test(statusText) ? statusText : '',
  });
  // not for a polyfill whose class has own enumerable properties itself
  if (Object.keys(copy).length === 0) Object.defineProperties(copy, addedTo(response));
  return keepMembers(copy, response, errorOf);
}

/** Returns the properties that were added to a response. A getter stays a getter, since it may read the body. */
function addedTo(response: Response): PropertyDescriptorMap {
  const names = Object.keys(response).filter((name) => !(name in Response.prototype));
  return Object.fromEntries(names.map((name) => [name, Object.getOwnPropertyDescriptor(response, name)!]));
}

function keepMembers(copy: Response, original: Response, errorOf: ErrorOf): Response {
  keepHistory(copy, historyBehind(original));
  for (const name of COPIED_MEMBERS) {
    if (copy[name] !== original[name]) define(copy, name, original[name]);
  }
  // the copy now has `url` as an own property, so `isRedirected` would compare URLs without this
  if (reportsRedirect(original)) define(copy, 'redirected', original.redirected);
  // a browser's constructor leaves out `set-cookie`, which Tauri has in its own `headers` property
  if (Object.hasOwn(original, 'headers') && original.headers instanceof Headers) {
    define(copy, 'headers', new Headers(original.headers));
  }
  const { clone } = copy;
  define(copy, 'clone', () => keepMembers(clone.call(copy), copy, errorOf));
  replaceErrors(copy, errorOf);
  return copy;
}

/** Wraps the methods of this very response: its clone has another class if `Response` was replaced, as by Hono on Node. */
function replaceErrors(response: Response, errorOf: ErrorOf): void {
  const methods = response as unknown as Record<string, (() => Promise<unknown>) | undefined>;
  for (const name of READERS) {
    const read = methods[name];
    // `bytes` is missing from older runtimes
    if (read) define(response, name, () => readOnce(response, name === 'blob' ? readBlob(read) : read, errorOf));
  }
}

/** Sets the type of the blob from the headers: in Bun a blob of a stream made by script has none. */
function readBlob(read: () => Promise<unknown>): (this: Response) => Promise<unknown> {
  return async function (this: Response) {
    const type = readField(this.headers, 'content-type');
    const blob = (await read.call(this)) as Blob;
    return blob.type || !type ? blob : blob.slice(0, blob.size, type);
  };
}

/** A second read rejects with the runtime's error for a used body. */
function readOnce(response: Response, read: () => Promise<unknown>, errorOf: ErrorOf): Promise<unknown> {
  const spent = response.bodyUsed;
  return read.call(response).catch((error) => Promise.reject(spent ? error : errorOf(error)));
}

/** As on the platform, methods can be replaced, which ky does for its option `parseJson`, and other members cannot. */
function define(response: Response, name: string, value: unknown): void {
  Object.defineProperty(response, name, { value, configurable: true, writable: typeof value === 'function' });
}
