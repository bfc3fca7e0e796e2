import { historyBehind, keepHistory } from '../call/history.ts';
import { tellsRedirect } from '../call/origin.ts';
import type { BodyInit } from '../call/platform-types.ts';
import { readField } from '../outcome/read-field.ts';

const FACTS = ['status', 'statusText', 'ok', 'url', 'redirected', 'type'] as const;
const READERS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'];
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Returns the error to reject with in place of the runtime's. */
export type ErrorOf = (error: unknown) => unknown;

/**
 * Whether a `Response` of this runtime can hold a stream of ours. That of React Native cannot, which reads a stream as the name of
 * its kind, also where the `fetch` is Expo's and returns streams. What such a fetch returns is passed on as it came.
 */
export function holdsStreams(): boolean {
  return (
    typeof Response === 'function' && ('body' in Response.prototype || 'body' in new Response()) && canMakeStreams()
  );
}

/** The class that was tried last, and whether it made a stream: to try takes as long as a call. */
let tried: typeof ReadableStream | undefined;
let isMade = false;

/** A content script of an extension in Firefox cannot: the stream is the page's, and may not read what the script gives it. */
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
 * Whether a fetch inside has replaced how its response is read, as to revive dates in `json()`: no copy can do the same, since
 * what is replaced may read the original. Ours are defined, and not enumerable.
 */
export function isPatched(response: Response): boolean {
  return READERS.some((name) => Object.prototype.propertyIsEnumerable.call(response, name));
}

/**
 * The same response with another body: a real `Response` that keeps what the constructor cannot set (`url`,
 * `redirected`, `type`) and its history, also in its clones, and what a fetch inside has written on it. The original must not be
 * read afterwards.
 *
 * Keeps a status or reason phrase that the constructor refuses (999, broken UTF-8). For a stream made by script, pass
 * `errorOf`: Chromium's `text()` and the like reject with "Failed to fetch" whatever error the stream has.
 */
export function withBody(response: Response, body: BodyInit | null, errorOf: ErrorOf = (error) => error): Response {
  const { status, statusText, headers } = response;
  const copy = new Response(NO_BODY.has(status) ? null : body, {
    headers,
    status: status >= 200 && status <= 599 ? status : 200,
    statusText: REASON_PHRASE.test(statusText) ? statusText : '',
  });
  // not where the class itself keeps members there, as a polyfill does
  if (Object.keys(copy).length === 0) Object.defineProperties(copy, addedTo(response));
  return keepFacts(copy, response, errorOf);
}

/** What was written on a response, and has not the name of one of its members. A getter stays one: it may read the body. */
function addedTo(response: Response): PropertyDescriptorMap {
  const names = Object.keys(response).filter((name) => !(name in Response.prototype));
  return Object.fromEntries(names.map((name) => [name, Object.getOwnPropertyDescriptor(response, name)!]));
}

function keepFacts(copy: Response, original: Response, errorOf: ErrorOf): Response {
  keepHistory(copy, historyBehind(original));
  for (const fact of FACTS) {
    if (copy[fact] !== original[fact]) define(copy, fact, original[fact]);
  }
  // the copy has a URL of its own now, which would be compared with the one that was asked for
  if (tellsRedirect(original)) define(copy, 'redirected', original.redirected);
  // the constructor of a browser leaves out `set-cookie`, which Tauri shows in headers of its own
  if (Object.hasOwn(original, 'headers') && original.headers instanceof Headers) {
    define(copy, 'headers', new Headers(original.headers));
  }
  const { clone } = copy;
  define(copy, 'clone', () => keepFacts(clone.call(copy), copy, errorOf));
  replaceErrors(copy, errorOf);
  return copy;
}

/** By its own methods: a clone is of another class where `Response` was replaced, as by Hono on Node. */
function replaceErrors(response: Response, errorOf: ErrorOf): void {
  const methods = response as unknown as Record<string, (() => Promise<unknown>) | undefined>;
  for (const name of READERS) {
    const read = methods[name];
    // `bytes` is missing from older runtimes
    if (read) define(response, name, () => readOnce(response, name === 'blob' ? readBlob(read) : read, errorOf));
  }
}

/** In Bun a blob of a stream made by script has no type: it gets that of the headers. */
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

/** As on the platform, methods can be replaced, which ky does where there is a `parseJson`, and other members cannot. */
function define(response: Response, name: string, value: unknown): void {
  Object.defineProperty(response, name, { value, configurable: true, writable: typeof value === 'function' });
}
