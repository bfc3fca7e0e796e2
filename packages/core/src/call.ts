import { abortable } from './abort.ts';
import { type BodyMaker, withFreshBody } from './body-factory.ts';
import type { CallChanges } from './call-changes.ts';
import { type CallRecord, callRecord } from './call-record.ts';
import type { Fetch } from './fetch.ts';
import { isRequest } from './is-request.ts';
import { cancelBody } from './keep-body.ts';
import { absolute, originOf } from './origin.ts';
import { haveSameFields, headersOf, moveRequest, referrerOf } from './request-members.ts';
import { asRetried, markOf, type Retried } from './retried.ts';
import { isReplayable, snapshot } from './snapshot.ts';

/**
 * One logical call on its way through the chain: immutable, cheap to make, everything derived read lazily.
 *
 * `init` is a copy taken when the call was made: what the caller changes afterwards, also in its headers or in the
 * bytes of its body, does not reach a later attempt. Nor does what becomes of the headers of a `Request`. Members that a `Request` cannot hold (`dispatcher`, `cf`, `next`,
 * `duplex`) are kept by reference. No `Request` is built and none is cloned.
 */
export class Call {
  readonly input: RequestInfo | URL;
  readonly init: RequestInit | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly retried: Retried;
  /** What the call has met so far, shared by all its copies. */
  readonly record: CallRecord;
  readonly #remaining: (() => number) | undefined;
  /** The headers of the `Request` as they were when the call was made. */
  readonly #given: Headers | undefined;
  #headers: Headers | undefined;

  private constructor(
    input: RequestInfo | URL,
    init: RequestInit | undefined,
    attempt: number,
    retried: Retried,
    record: CallRecord,
    remaining: (() => number) | undefined,
    given: Headers | undefined,
  ) {
    this.input = input;
    this.init = init;
    this.attempt = attempt;
    this.retried = retried;
    this.record = record;
    this.#remaining = remaining;
    this.#given = given;
  }

  /** The call behind `fetch(input, init)`. */
  static from(input: RequestInfo | URL, init?: RequestInit): Call {
    const request = typeof input === 'object' && isRequest(input) ? input : undefined;
    // Of any other object `fetch` takes the text, and a URL can be changed after the call as well as an init can.
    const target = request ?? (typeof input === 'object' ? String(input) : input);
    const given = request && headersOf(request);
    if (init === undefined || init === null)
      return new Call(target, undefined, 1, false, callRecord(), undefined, given);
    const mark = markOf(init);
    const { attempt = 1, retried = false, record = callRecord() } = mark ?? {};
    const remaining = mark?.remaining && (() => mark.remaining());
    return new Call(target, snapshot(init), attempt, retried, record, remaining, given);
  }

  /** Absolute where the runtime knows a base; otherwise as given. */
  get url(): string {
    return isRequest(this.input) ? this.input.url : absolute(String(this.input));
  }

  /** The key for state that belongs to one server, e.g. `https://api.example.com`. */
  get origin(): string {
    return originOf(typeof this.input === 'string' ? this.input : this.url);
  }

  /** As `fetch` would send it: the six methods it knows in upper case, any other as given (RFC 9110 §9.1). */
  get method(): string {
    const method = this.init?.method ?? (isRequest(this.input) ? this.input.method : 'GET');
    return method !== 'GET' && NORMALIZED.test(method) ? method.toUpperCase() : method;
  }

  /** The effective headers, for reading: those of `init`, else those of the `Request`. */
  get headers(): Headers {
    this.#headers ??= new Headers(this.init?.headers ?? this.#given);
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

  /** Milliseconds until the nearest deadline set by an outer middleware; `Infinity` without one. */
  remaining(): number {
    return this.#remaining ? this.#remaining() : Infinity;
  }

  with(changes: CallChanges): Call {
    const { attempt = this.attempt, retried = this.retried } = changes;
    const { input, init } = this.#target(changes);
    const given = input === this.input ? this.#given : isRequest(input) ? headersOf(input) : undefined;
    const { headers, signal } = changes;
    const base = headers === undefined && signal === undefined ? init : { ...(init ?? referrerOf(input)) };
    if (headers !== undefined) base!.headers = headers;
    if (signal !== undefined) base!.signal = signal;
    return new Call(input, base, attempt, retried, this.record, nearest(this.#remaining, changes.remaining), given);
  }

  #target(changes: CallChanges): { input: RequestInfo | URL; init: RequestInit | undefined } {
    const { input = this.input } = changes;
    const init = 'init' in changes ? changes.init : this.init;
    if (isRequest(input) || !isRequest(this.input)) return { input, init };
    const moved = moveRequest(this.input, String(input), this.#given);
    return { input: moved.input, init: { ...moved.init, ...init } };
  }

  /** The call as a retry sends it: the same but for the number of the attempt, and whether another may follow. */
  asAttempt(attempt: number, retried: true | 'last' = true): Call {
    return new Call(this.input, this.init, attempt, retried, this.record, this.#remaining, this.#given);
  }

  /**
   * The call with a copy of its `Request`, to send while the original is kept. It hears the signal of the original: a
   * copy's own does not outlive a garbage collection (undici).
   */
  withClone(): Call {
    const { input, init, record, attempt, retried } = this;
    const request = input as Request;
    const heard = init?.signal === undefined ? { ...(init ?? referrerOf(request)), signal: request.signal } : init;
    return new Call(request.clone(), heard, attempt, retried, record, this.#remaining, this.#given);
  }

  /** Hands the call to a plain fetch. A body factory is asked for a fresh body here. */
  send(fetch: Fetch): Promise<Response> {
    const body: unknown = this.init?.body;
    return typeof body === 'function' ? this.#sendFresh(fetch, body as BodyMaker) : this.#send(fetch, this.init);
  }

  async #sendFresh(fetch: Fetch, make: BodyMaker): Promise<Response> {
    const { signal } = this;
    const making = Promise.resolve(make());
    try {
      return this.#send(fetch, withFreshBody(this.init, await abortable(making, signal)));
    } catch (error) {
      if (signal?.aborted) making.then(cancelBody, () => {});
      throw error;
    }
  }

  #send(fetch: Fetch, init: RequestInit | undefined): Promise<Response> {
    this.record.sends++;
    this.record.onSend?.();
    const sent = this.#changed ? { ...(init ?? referrerOf(this.input)), headers: new Headers(this.#given) } : init;
    return fetch(this.input, this.retried ? asRetried(sent, this, fetch) : sent);
  }

  /** Whether somebody has changed the headers of the `Request` since. */
  get #changed(): boolean {
    const given = this.#given;
    if (given === undefined || (this.init?.headers ?? undefined) !== undefined) return false;
    return !haveSameFields(given, (this.input as Request).headers);
  }
}

const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i;

function nearest(a: (() => number) | undefined, b: (() => number) | undefined): (() => number) | undefined {
  return a && b ? () => Math.min(a(), b()) : (b ?? a);
}
