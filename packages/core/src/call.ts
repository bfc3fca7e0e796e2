import { type BodyMaker, withFreshBody } from './body-factory.ts';
import type { CallChanges } from './call-changes.ts';
import { type CallRecord, callRecord } from './call-record.ts';
import type { Fetch } from './fetch.ts';
import { isRequest } from './is-request.ts';
import { absolute, originOf } from './origin.ts';
import { asRetried, markOf, type Retried } from './retried.ts';
import { isReplayable, snapshot } from './snapshot.ts';

/**
 * One logical call on its way through the chain: immutable, cheap to make, everything derived read lazily.
 *
 * `init` is a copy taken when the call was made: what the caller changes afterwards, also in its headers or in the
 * bytes of its body, does not reach a later attempt. Members that a `Request` cannot hold (`dispatcher`, `cf`, `next`,
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
  #headers: Headers | undefined;

  private constructor(
    input: RequestInfo | URL,
    init: RequestInit | undefined,
    attempt: number,
    retried: Retried,
    record: CallRecord,
    remaining: (() => number) | undefined,
  ) {
    this.input = input;
    this.init = init;
    this.attempt = attempt;
    this.retried = retried;
    this.record = record;
    this.#remaining = remaining;
  }

  /** The call behind `fetch(input, init)`. */
  static from(input: RequestInfo | URL, init?: RequestInit): Call {
    // A URL can be changed after the call as well as an init can.
    const target = typeof input === 'object' && input instanceof URL ? input.href : input;
    if (init === undefined || init === null) return new Call(target, undefined, 1, false, callRecord(), undefined);
    const { retried = false, record = callRecord() } = markOf(init) ?? {};
    return new Call(target, snapshot(init), 1, retried, record, undefined);
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
    this.#headers ??= new Headers(this.init?.headers ?? (isRequest(this.input) ? this.input.headers : undefined));
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
    const { input = this.input, headers, signal } = changes;
    let init = 'init' in changes ? changes.init : this.init;
    if (headers !== undefined) init = { ...init, headers };
    if (signal !== undefined) init = { ...init, signal };
    const remaining = nearest(this.#remaining, changes.remaining);
    return new Call(input, init, attempt, retried, this.record, remaining);
  }

  /** The call as a retry sends it: the same but for the number of the attempt, and whether another may follow. */
  asAttempt(attempt: number, retried: true | 'last' = true): Call {
    return new Call(this.input, this.init, attempt, retried, this.record, this.#remaining);
  }

  /** Hands the call to a plain fetch. A body factory is asked for a fresh body here. */
  send(fetch: Fetch): Promise<Response> {
    const body: unknown = this.init?.body;
    return typeof body === 'function' ? this.#sendFresh(fetch, body as BodyMaker) : this.#send(fetch, this.init);
  }

  async #sendFresh(fetch: Fetch, make: BodyMaker): Promise<Response> {
    return this.#send(fetch, withFreshBody(this.init, await make()));
  }

  #send(fetch: Fetch, init: RequestInit | undefined): Promise<Response> {
    this.record.sends++;
    this.record.onSend?.();
    return fetch(this.input, this.retried ? asRetried(init, this, fetch) : init);
  }
}

const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i;

function nearest(a: (() => number) | undefined, b: (() => number) | undefined): (() => number) | undefined {
  return a && b ? () => Math.min(a(), b()) : (b ?? a);
}
