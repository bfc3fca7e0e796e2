import { Call, type Clock, type Fetch, onAbort, systemClock, throwIfAborted } from '@steadfetch/core';
import { abortable, checkNames, clockOption } from '@steadfetch/core/kit';
import { networkError } from '../script/network-error.ts';
import { player } from '../script/player.ts';
import type { Plan } from '../script/reply.ts';
import type { Repeat, Script } from '../script/script.ts';
import { asFetched } from './as-fetched.ts';
import { hasBadPort } from './bad-port.ts';
import { planResponse } from './plan-response.ts';
import { type RecordedRequest, recordBody, recorder } from './recorder.ts';

export interface FakeFetchOptions {
  /** What comes after the last reply of a list. @default 'last' */
  repeat?: Repeat;
  /** Drives delays and the times that are recorded. @default systemClock */
  clock?: Clock;
}

/** Statuses that `fetch` follows (Fetch standard, "redirect status"). */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** A scripted `fetch` that records its calls. */
export interface FakeFetch extends Fetch {
  /** The calls so far, in the order they came. */
  readonly requests: readonly RecordedRequest[];
  /** The same list. */
  readonly calls: readonly RecordedRequest[];
}

/**
 * A `fetch` without a network that plays a script: statuses, bodies, delays, network errors with real codes and causes,
 * and all faults of `startServer`.
 *
 * It rejects what every `fetch` rejects: a `Request` that was sent before, a stream without `duplex`, a GET with a body,
 * credentials in the URL, an invalid URL, a scheme other than HTTP, a blocked port. URLs are recorded as they would be sent.
 *
 * An abort rejects the call with the caller's reason. If the script has no reply left or throws, the call rejects with
 * that error.
 *
 * @example
 * const fetch = fakeFetch([{ error: 'ECONNREFUSED' }, 503, 200]);
 * await retry({ clock: instantClock() })(fetch)('https://api.example.com/');
 * expect(fetch.calls).toHaveLength(3);
 */
export function fakeFetch(script: Script, options: FakeFetchOptions = {}): FakeFetch {
  checkNames('fakeFetch', options, ['repeat', 'clock']);
  const { repeat, clock = systemClock } = options;
  clockOption.check('fakeFetch: clock', clock);
  const play = player(script, { repeat });
  const { requests, open } = recorder(clock);
  const fetch: Fetch = async (input, init) => {
    const { signal, request } = asRequested(input, init);
    const { method, headers, body } = request;
    const url = request.url.replace(/#.*$/s, '');
    // Bun's Request accepts such a body, but its fetch does not
    if (body && /^(?:GET|HEAD)$/i.test(method)) throw new TypeError('Request with GET/HEAD method cannot have body.');
    // a form needs no cancel, and undici rejects uncatchably when one is cancelled (Node 24)
    const closes = init?.body instanceof FormData ? undefined : signal;
    if (closes?.aborted) void body?.cancel(closes.reason).catch(() => {});
    throwIfAborted(signal);
    if (!/^https?:/.test(url)) throw new TypeError('fetch failed', { cause: new Error('unknown scheme') });
    if (hasBadPort(url)) throw new TypeError('fetch failed', { cause: new Error('bad port') });
    const record = open(method, url, headers);
    if (body) await abortable(recordBody(record, upload(body, closes)), signal);
    const plan = await abortable(play(record, { clock, signal }), signal);
    if (plan.fault === 'stall-headers') await abortable(new Promise<never>(() => {}), signal);
    const code = errorCode(plan);
    if (code !== undefined) throw networkError(code, url);
    record.status = plan.status;
    if (request.redirect === 'error' && REDIRECTS.has(plan.status)) {
      throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
    }
    return asFetched(planResponse(plan, { url, method, clock, signal }), url);
  };
  return Object.assign(fetch, { requests, calls: requests });
}

/**
 * Builds a `Request` from the arguments, as every `fetch` does, so that both accept and reject the same arguments. It gets
 * no signal: the listener of a `Request` on the caller's signal would outlive the call.
 */
function asRequested(input: RequestInfo | URL, init?: RequestInit): { request: Request; signal?: AbortSignal } {
  const { url, signal, init: members } = Call.from(input, init);
  if (signal !== undefined && typeof signal.addEventListener !== 'function') {
    throw new TypeError('RequestInit: Expected signal to be an instance of AbortSignal.');
  }
  checkUrl(url);
  // with jsdom, Node's `Request` cannot resolve an address relative to the page
  const address = typeof input === 'string' ? url : input;
  // spread to own members: with a body, vitest's `Request` for jsdom ignores inherited ones
  const request = new Request(address, { ...members, signal: null });
  return signal === undefined ? { request } : { request, signal };
}

function checkUrl(url: string): void {
  try {
    new URL(url);
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${url}`, { cause });
  }
}

/** Yields the chunks of a body. When the caller aborts, the body is cancelled. */
async function* upload(body: ReadableStream<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const release = onAbort(signal, (reason) => void reader.cancel(reason).catch(() => {}));
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (!isBytes(next.value)) throw new TypeError('Received non-Uint8Array chunk');
      yield next.value;
    }
  } catch (cause) {
    throw new TypeError('fetch failed', { cause });
  } finally {
    release();
  }
}

/** Checks the tag instead of the class: with jsdom, Node's bytes have another `Uint8Array` than the global one. */
function isBytes(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function errorCode({ error, fault }: Plan): string | undefined {
  if (error !== undefined) return error || 'ECONNRESET';
  if (fault === 'refuse') return 'ECONNREFUSED';
  return fault === 'reset' ? 'ECONNRESET' : undefined;
}
