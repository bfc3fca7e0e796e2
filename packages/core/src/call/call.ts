import { senderOf } from '../body/body-factory.ts';
import type { Fetch } from '../chain/fetch.ts';
import type { Observed } from '../events/events.ts';
import { type CallRecord, callRecord } from './call-record.ts';
import { copyInit, isReplayable } from './copy-init.ts';
import { type Mark, markOf, type Retried, withMark } from './mark.ts';
import { moveRequest } from './move-request.ts';
import { absolute, baseOf, originOf } from './origin.ts';
import { withPlainHeaders } from './plain-headers.ts';
import { isPlatformFetch } from './platform-fetch.ts';
import type { HeadersInit, RequestInfo } from './platform-types.ts';
import { haveSameFields, headersOf, initFor, isRequest } from './request-members.ts';

/** What `call.with()` can change. A member that is left out stays as it was. */
export interface CallChanges {
  input?: RequestInfo | URL;
  /** Replaces the whole init; `headers` and `signal` are added to it if they are set too. */
  init?: RequestInit | undefined;
  /** Replaces the effective headers. */
  headers?: HeadersInit;
  signal?: AbortSignal;
  attempt?: number;
  /** Returns the milliseconds left before a deadline. The nearest deadline counts. */
  remaining?: () => number;
  /** `true` inside a `retry`, `last` if no attempt can follow, `off` if the call said `retry: false`. */
  retried?: Retried;
  /** The layers inside report here what they do to the call. */
  observed?: Observed;
  /** See `Call.rest`. */
  rest?: Rest;
}

/**
 * Called when a call begins to wait. `slotsInside`: the number of slots if the call waits for one of them, `Infinity` if it waits for a
 * turn in a limiter, `undefined` for a retry. Returns a function to call after the wait: it resolves when the call has a slot again.
 */
export type Rest = (slotsInside?: number) => () => Promise<void>;

/**
 * One logical call on its way through the chain: immutable, cheap to make, derived members computed on demand.
 *
 * `init` is a copy made with the call: if the caller later changes the init, its headers, the bytes of its body or the
 * headers of a `Request`, later attempts are not affected. Members that a `Request` cannot hold (`dispatcher`, `cf`,
 * `next`, `duplex`) are kept by reference. No `Request` is built or cloned.
 */
export class Call {
  readonly input: RequestInfo | URL;
  readonly init: RequestInit | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly retried: Retried;
  /** The history of the call, shared by all its copies. */
  readonly record: CallRecord;
  /** Milliseconds until the nearest deadline set by an outer middleware; `Infinity` without one. */
  readonly remaining: () => number;
  /** A layer reports here what it does to the call: `call.observed?.emit(call, { type: 'queue', … })`. */
  readonly observed: Observed | undefined;
  /**
   * Called when the call begins to wait for a retry, for a turn in a limiter, or for a slot. Meanwhile a layer outside may let another
   * call use the slot that this call holds; after the wait this call gets a slot back.
   */
  readonly rest: Rest | undefined;
  /** The headers of the `Request` as they were when the call was made. */
  readonly #requestHeaders: Headers | undefined;
  /** The headers of the caller's init; `{}` if it had none; `undefined` if the headers of a `Request` count. */
  readonly #callerHeaders: HeadersInit | undefined;
  #headers: Headers | undefined;

  private constructor(
    input: RequestInfo | URL,
    init: RequestInit | undefined,
    requestHeaders: Headers | undefined,
    given: HeadersInit | undefined,
    mark: Mark,
  ) {
    this.input = input;
    this.init = init;
    this.attempt = mark.attempt;
    this.retried = mark.retried;
    this.record = mark.record;
    this.remaining = mark.remaining;
    this.observed = mark.observed;
    this.rest = mark.rest;
    this.#requestHeaders = requestHeaders;
    this.#callerHeaders = given;
  }

  /** The call behind `fetch(input, init)`. */
  static from(input: RequestInfo | URL, init?: RequestInit): Call {
    // like `fetch`, converts any other object to a string; a URL object could change after the call
    const target = typeof input !== 'object' || isRequest(input) ? input : String(input);
    const mark = (init && markOf(init)) ?? newMark(target);
    const copy = init ? copyInit(init) : undefined; // `init` may be `null`
    const requestHeaders = headersOf(target);
    const given = copy?.headers ?? (requestHeaders ? undefined : {});
    return new Call(target, copy, requestHeaders, given, mark);
  }

  /** Absolute if the runtime has a base URL; otherwise as it was passed. */
  get url(): string {
    return isRequest(this.input) ? this.input.url : absolute(String(this.input), this.record.base);
  }

  /** The key for state that belongs to one server, e.g. `https://api.example.com`. */
  get origin(): string {
    return originOf(typeof this.input === 'string' ? this.input : this.url);
  }

  /** As `fetch` would send it: six methods are put into upper case, any other stays as it is (RFC 9110 §9.1). */
  get method(): string {
    const method = this.init?.method ?? (isRequest(this.input) ? this.input.method : 'GET');
    if (method === 'GET') return method;
    const upper = `${method}`.toUpperCase();
    return upper !== method && UPPER_CASED.test(upper) ? upper : method;
  }

  /** The effective headers, only to be read: the headers of `init`, else the headers of the `Request`. */
  get headers(): Headers {
    this.#headers ??= new Headers(this.init?.headers ?? this.#requestHeaders);
    return this.#headers;
  }

  get signal(): AbortSignal | undefined {
    if (this.init?.signal !== undefined) return this.init.signal ?? undefined;
    return isRequest(this.input) ? this.input.signal : undefined;
  }

  /** Whether the body can be sent again. A stream or an async iterable cannot; a `Request` can until it is used. */
  get replayable(): boolean {
    const body: unknown = this.init?.body;
    if (body !== undefined && body !== null) return isReplayable(body);
    return !(isRequest(this.input) && this.input.bodyUsed);
  }

  /** Returns a copy of the call with other values. Members that are left out stay as they were. Both calls share one `record`. */
  with(changes: CallChanges): Call {
    const { attempt = this.attempt, retried = this.retried, observed = this.observed, rest = this.rest } = changes;
    const { headers, signal } = changes;
    let { input = this.input } = changes;
    let init = 'init' in changes ? changes.init : this.init;
    if (isRequest(this.input) && !isRequest(input)) {
      ({ input, init } = moveRequest(this.input, String(input), this.#requestHeaders, init));
    }
    if (headers !== undefined || signal !== undefined) init = initFor(input, init);
    if (headers !== undefined) init!.headers = headers;
    if (signal !== undefined) init!.signal = signal;
    const requestHeaders = input === this.input ? this.#requestHeaders : headersOf(input);
    const remaining = nearest(this.remaining, changes.remaining);
    const mark = { record: this.record, attempt, retried, remaining, observed, rest };
    return new Call(input, init, requestHeaders, this.#callerHeaders, mark);
  }

  /** Returns the call of one attempt: a copy with the number of the attempt, and whether another may follow. */
  asAttempt(attempt: number, retried: true | 'last' = true): Call {
    const { record, remaining, observed, rest } = this;
    const mark = { record, attempt, retried, remaining, observed, rest };
    return new Call(this.input, this.init, this.#requestHeaders, this.#callerHeaders, mark);
  }

  /** Returns the call with a clone of its `Request`. The clone is sent, and the original is kept. */
  withClone(): Call {
    const request = this.input as Request;
    // keeps the headers from the time of the call: the caller may have changed the headers of the `Request` since
    return new Call(request.clone(), initOfCopy(request, this.init), this.#requestHeaders, this.#callerHeaders, this);
  }

  /** Sends the call by a plain fetch. A body factory makes a fresh body first. */
  send(fetch: Fetch): Promise<Response> {
    const sendFresh = senderOf(this.init?.body);
    return sendFresh ? sendFresh(this, (init) => this.#send(fetch, init)) : this.#send(fetch, this.init);
  }

  #send(fetch: Fetch, init: RequestInit | undefined): Promise<Response> {
    const { input, record } = this;
    const requestHeaders = this.#requestHeaders;
    record.sends++;
    record.onSend?.();
    if (!requestHeaders) return this.#callFetch(fetch, input, init);
    // nothing to do if the platform reads the headers of an init, or if the headers of the `Request` have not changed
    if (init?.headers ? isPlatformFetch(fetch) : haveSameFields(requestHeaders, (input as Request).headers)) {
      return this.#callFetch(fetch, input, init);
    }
    const headers = init?.headers ?? new Headers(requestHeaders);
    if (isPlatformFetch(fetch) || !(input instanceof Request) || (init?.body ?? null) !== null) {
      return this.#callFetch(fetch, input, { ...initFor(input, init), headers });
    }
    // The copy of the `Request` gets the headers of the call: OpenTelemetry passes on the `Request` alone, and would lose a key that is
    // only in the init. The init has headers too only if the caller's init had: with headers in the init, fetch-cookie, which adds to the
    // headers of the `Request`, has no effect; without them, a fetch that adds headers to the init would replace the caller's.
    const own = initOfCopy(input, init);
    if (!this.#callerHeaders) delete own.headers;
    return this.#callFetch(fetch, copyRequest(input, headers, own), own);
  }

  #callFetch(fetch: Fetch, input: RequestInfo | URL, given: RequestInit | undefined): Promise<Response> {
    const { observed, retried, record } = this;
    const init = withPlainHeaders(given, fetch, this.#callerHeaders, record.keyField);
    // After `history.pushState()` a relative URL may mean something else; then the absolute URL is sent. Otherwise the URL is sent as it
    // was given, since an app's global fetch may put a base before `/path`. Any other fetch may do so too, and gets the URL as given.
    const mayMove = record.base && typeof input === 'string' && fetch === globalThis.fetch;
    const target = mayMove && absolute(input) !== this.url ? this.url : input;
    if (observed) return observed.send(this, async () => fetch(target, withMark(init, this, fetch)));
    return fetch(target, retried ? withMark(init, this, fetch) : init);
  }
}

/**
 * Returns the `Request` that `fetch` would make of both. `AbortSignal.any` keeps the copy from leaving a listener on the caller's signal.
 * Node's class refuses a signal of jsdom: then the copy has the signal of the `Request`.
 */
function copyRequest(request: Request, headers: HeadersInit, init: RequestInit): Request {
  try {
    const signal = init.signal ? AbortSignal.any([init.signal]) : null;
    return new Request(request, { ...init, headers, signal });
  } catch {
    return new Request(request, { headers });
  }
}

/**
 * Returns the init to send with a clone. It restores what the clone loses: the dispatcher, and the signal, since the clone's own signal
 * stops working after a garbage collection (undici).
 */
function initOfCopy(request: Request, init: RequestInit | undefined): RequestInit {
  // Node 22 keeps the dispatcher of a `Request`, for instance a proxy, under a symbol
  const key = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'dispatcher');
  const dispatcher: unknown = key && request[key as never];
  const signal = init?.signal === undefined ? request.signal : init.signal;
  return { ...(key && { dispatcher }), ...initFor(request, init), signal };
}

const UPPER_CASED = /^(?:DELETE|GET|HEAD|OPTIONS|POST|PUT)$/;

const noDeadline = () => Infinity;

/** Returns the mark of a call that comes from none of our layers. */
function newMark(target: unknown): Mark {
  const record = callRecord(baseOf(target));
  return { record, attempt: 1, retried: false, remaining: noDeadline, observed: undefined, rest: undefined };
}

function nearest(a: () => number, b: (() => number) | undefined): () => number {
  return b === undefined ? a : a === noDeadline ? b : () => Math.min(a(), b());
}
