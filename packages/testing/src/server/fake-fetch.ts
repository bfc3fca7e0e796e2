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

/** Statuses that a `fetch` follows (Fetch standard, "redirect status"). */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** A scripted `fetch` that writes down its calls. */
export interface FakeFetch extends Fetch {
  /** The calls so far, in the order they came. */
  readonly requests: readonly RecordedRequest[];
  /** The same list. */
  readonly calls: readonly RecordedRequest[];
}

/**
 * A `fetch` without a network that plays a script: statuses, bodies, delays, network errors with the codes and causes
 * of the real ones, and every fault of the loopback server.
 *
 * It refuses what every `fetch` refuses: a `Request` that was sent before, a stream without `duplex`, a GET with a body,
 * credentials in the URL, an address that is none, a scheme that is not HTTP, a port that is blocked. URLs are recorded as they would be sent.
 *
 * Aborts reject with the caller's reason. A script that has no reply left, or throws, rejects the call with that error.
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
    // the Request of Bun takes one, and its fetch does not
    if (body && /^(?:GET|HEAD)$/i.test(method)) throw new TypeError('Request with GET/HEAD method cannot have body.');
    // a form has nothing to close, and undici rejects where it cannot be caught when one is closed (Node 24)
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
 * The request that every `fetch` makes of its arguments, so that it is used and refused as by the real one. Its own signal
 * would outlive the call as a listener on that of the caller.
 */
function asRequested(input: RequestInfo | URL, init?: RequestInit): { request: Request; signal?: AbortSignal } {
  const { url, signal, init: members } = Call.from(input, init);
  if (signal !== undefined && typeof signal.addEventListener !== 'function') {
    throw new TypeError('RequestInit: Expected signal to be an instance of AbortSignal.');
  }
  checkUrl(url);
  // the `Request` of Node, which stands beside jsdom, knows no page that an address is relative to
  const address = typeof input === 'string' ? url : input;
  // as members of its own: the `Request` that vitest puts beside jsdom reads no others where there is a body
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

/** The chunks of a body, until the caller aborts: then their source is cancelled. */
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

/** Read from its tag: in tests with jsdom the global class is of another realm than the bytes of Node. */
function isBytes(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function errorCode({ error, fault }: Plan): string | undefined {
  if (error !== undefined) return error || 'ECONNRESET';
  if (fault === 'refuse') return 'ECONNREFUSED';
  return fault === 'reset' ? 'ECONNRESET' : undefined;
}
