import { senderOf } from '../body/body-factory.ts';
import type { Fetch } from '../chain/fetch.ts';
import type { Observed } from '../events/events.ts';
import { type CallRecord, callRecord } from './call-record.ts';
import { copyInit, isReplayable } from './copy-init.ts';
import { inGivenForm } from './given-form.ts';
import { type Mark, markOf, type Retried, withMark } from './mark.ts';
import { moveRequest } from './move-request.ts';
import { absolute, baseOf, originOf } from './origin.ts';
import { isPlatformFetch } from './platform-fetch.ts';
import type { HeadersInit, RequestInfo } from './platform-types.ts';
import { haveSameFields, headersOf, initFor, isRequest } from './request-members.ts';

/** What `call.with()` can change. A member that is left out stays as it was. */
export interface CallChanges {
  input?: RequestInfo | URL;
  /** Replaces the whole init; merged with `headers` and `signal` where they are set too. */
  init?: RequestInit | undefined;
  /** Replaces the effective headers. */
  headers?: HeadersInit;
  signal?: AbortSignal;
  attempt?: number;
  /** Time left before a deadline, in milliseconds, read when asked. The nearest deadline counts. */
  remaining?: () => number;
  /** True below a `retry`, `last` where no attempt will follow, `off` where `retry: false` was asked for. */
  retried?: Retried;
  /** Where the layers below report what they do to the call. */
  observed?: Observed;
  /** See `Call.rest`. */
  rest?: Rest;
}

/**
 * Begins a wait: for a slot, with how many of those there are, for a turn in a limiter, with `Infinity`, or for a retry. Returns the
 * function to call after it, which resolves when the call has again what it has lent.
 */
export type Rest = (slotsInside?: number) => () => Promise<void>;

/**
 * One logical call on its way through the chain: immutable, cheap to make, everything derived read lazily.
 *
 * `init` is a copy made with the call: what the caller changes later, also in its headers, in the bytes of its body or
 * in the headers of a `Request`, does not reach a later attempt. Members that a `Request` cannot hold (`dispatcher`,
 * `cf`, `next`, `duplex`) are kept by reference. No `Request` is built and none is cloned.
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
  /** Where a layer reports what it does to the call: `call.observed?.emit(call, { type: 'queue', … })`. */
  readonly observed: Observed | undefined;
  /**
   * Called when the call begins to wait for a retry, for its turn in a limiter, or for a slot: a layer outside may lend to others what
   * the call holds, and takes it back after the wait.
   */
  readonly rest: Rest | undefined;
  /** The headers of the `Request` as they were when the call was made. */
  readonly #requestHeaders: Headers | undefined;
  /** The headers of the caller's init, `{}` where it had none, or `undefined` where those of a `Request` count. */
  readonly #given: HeadersInit | undefined;
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
    this.#given = given;
  }

  /** The call behind `fetch(input, init)`. */
  static from(input: RequestInfo | URL, init?: RequestInit): Call {
    // `fetch` takes the text of any other object, and a URL can be changed after the call as well as an init can
    const target = typeof input !== 'object' || isRequest(input) ? input : String(input);
    const mark = (init && markOf(init)) ?? unmarked(target);
    const copy = init ? copyInit(init) : undefined; // `null` is none as well
    const requestHeaders = headersOf(target);
    const given = copy?.headers ?? (requestHeaders ? undefined : {});
    return new Call(target, copy, requestHeaders, given, mark);
  }

  /** Absolute where the runtime knows a base; otherwise as it was passed. */
  get url(): string {
    return isRequest(this.input) ? this.input.url : absolute(String(this.input), this.record.base);
  }

  /** The key for state that belongs to one server, e.g. `https://api.example.com`. */
  get origin(): string {
    return originOf(typeof this.input === 'string' ? this.input : this.url);
  }

  /** As `fetch` would send it: the six methods it knows in upper case, any other unchanged (RFC 9110 §9.1). */
  get method(): string {
    const method = this.init?.method ?? (isRequest(this.input) ? this.input.method : 'GET');
    if (method === 'GET') return method;
    const upper = `${method}`.toUpperCase();
    return upper !== method && NORMALIZED.test(upper) ? upper : method;
  }

  /** The effective headers, for reading: those of `init`, else those of the `Request`. */
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

  /** A copy of the call with other values; what is left out stays as it was. Both share one `record`. */
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
    return new Call(input, init, requestHeaders, this.#given, mark);
  }

  /** The call as a retry sends it: the same but for the number of the attempt, and whether another may follow. */
  asAttempt(attempt: number, retried: true | 'last' = true): Call {
    const { record, remaining, observed, rest } = this;
    const mark = { record, attempt, retried, remaining, observed, rest };
    return new Call(this.input, this.init, this.#requestHeaders, this.#given, mark);
  }

  /** The call with a copy of its `Request`, to send while the original is kept. */
  withClone(): Call {
    const request = this.input as Request;
    // with the headers as they were: those of the clone may have changed
    return new Call(request.clone(), initOfCopy(request, this.init), this.#requestHeaders, this.#given, this);
  }

  /** Hands the call to a plain fetch. A body factory makes a fresh body here. */
  send(fetch: Fetch): Promise<Response> {
    const sendFresh = senderOf(this.init?.body);
    return sendFresh ? sendFresh(this, (init) => this.#send(fetch, init)) : this.#send(fetch, this.init);
  }

  #send(fetch: Fetch, init: RequestInit | undefined): Promise<Response> {
    const { input, record } = this;
    const requestHeaders = this.#requestHeaders;
    record.sends++;
    record.onSend?.();
    if (!requestHeaders) return this.#hand(fetch, input, init);
    // as it is where the fetch reads the headers of an init, or where those of the `Request` are as they were
    if (init?.headers ? isPlatformFetch(fetch) : haveSameFields(requestHeaders, (input as Request).headers)) {
      return this.#hand(fetch, input, init);
    }
    const headers = init?.headers ?? new Headers(requestHeaders);
    if (isPlatformFetch(fetch) || !(input instanceof Request) || (init?.body ?? null) !== null) {
      return this.#hand(fetch, input, { ...initFor(input, init), headers });
    }
    // The headers of the call are in the copy, since a fetch that passes on the `Request` alone, as that of OpenTelemetry, would lose
    // a key. They are in the init too only if those of the caller are: with an init a fetch that adds to the headers of a `Request`,
    // as fetch-cookie, has no effect, and without it one that adds to those of an init loses the caller's.
    const own = initOfCopy(input, init);
    if (!this.#given) delete own.headers;
    return this.#hand(fetch, copyOf(input, headers, own), own);
  }

  #hand(fetch: Fetch, input: RequestInfo | URL, given: RequestInit | undefined): Promise<Response> {
    const { observed, retried, record } = this;
    const init = inGivenForm(given, fetch, this.#given, record.keyField);
    // The page may have moved on by `history.pushState()`. What still means the same is sent as it was given, for an app may have put a
    // base in front in the global fetch, mostly before `/path`. Any other fetch may do that too, and gets all as it was given.
    const mayMove = record.base && typeof input === 'string' && fetch === globalThis.fetch;
    const target = mayMove && absolute(input) !== this.url ? this.url : input;
    if (observed) return observed.send(this, async () => fetch(target, withMark(init, this, fetch)));
    return fetch(target, retried ? withMark(init, this, fetch) : init);
  }
}

/**
 * What `fetch` makes of both. By `AbortSignal.any`, since a copy of a `Request` leaves a listener on the signal that it is given. The
 * class of Node takes no signal of jsdom: then the copy has that of the `Request`.
 */
function copyOf(request: Request, headers: HeadersInit, init: RequestInit): Request {
  try {
    const signal = init.signal ? AbortSignal.any([init.signal]) : null;
    return new Request(request, { ...init, headers, signal });
  } catch {
    return new Request(request, { headers });
  }
}

/**
 * The init for a copy, with what a copy loses: the signal of the original, since that of the copy does not outlive a garbage collection
 * (undici), and its dispatcher.
 */
function initOfCopy(request: Request, init: RequestInit | undefined): RequestInit {
  // what sends a `Request` of Node 22, such as a proxy, is behind a symbol
  const key = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'dispatcher');
  const dispatcher: unknown = key && request[key as never];
  const signal = init?.signal === undefined ? request.signal : init.signal;
  return { ...(key && { dispatcher }), ...initFor(request, init), signal };
}

const NORMALIZED = /^(?:DELETE|GET|HEAD|OPTIONS|POST|PUT)$/;

const forever = () => Infinity;

/** What a call carries that comes from none of our layers. */
function unmarked(target: unknown): Mark {
  const record = callRecord(baseOf(target));
  return { record, attempt: 1, retried: false, remaining: forever, observed: undefined, rest: undefined };
}

function nearest(a: () => number, b: (() => number) | undefined): () => number {
  return b === undefined ? a : a === forever ? b : () => Math.min(a(), b());
}
