import {
  abortable,
  Call,
  type Clock,
  checkClock,
  checkNames,
  type Fetch,
  systemClock,
  throwIfAborted,
} from '@steadfetch/core';
import { networkError } from './network-error.ts';
import { planResponse } from './plan-response.ts';
import { player } from './player.ts';
import { type OpenRecord, type RecordedRequest, recordBody, recorder } from './recorder.ts';
import type { Plan } from './reply.ts';
import type { Repeat, Script } from './script.ts';

export interface FakeFetchOptions {
  /** What comes after the last reply of a list. @default 'last' */
  repeat?: Repeat;
  /** Drives delays and the times that are recorded. @default systemClock */
  clock?: Clock;
}

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
 * Aborts reject with the caller's reason, an address that is none with a `TypeError` as that of Node. A script that has no reply left, or throws, rejects the call with that error.
 *
 * @example
 * const fetch = fakeFetch([{ error: 'ECONNREFUSED' }, 503, 200]);
 * await retry({ clock: instantClock() })(fetch)('https://api.example.com/');
 * expect(fetch.calls).toHaveLength(3);
 */
export function fakeFetch(script: Script, options: FakeFetchOptions = {}): FakeFetch {
  checkNames('fakeFetch', options, ['repeat', 'clock']);
  const { repeat, clock = systemClock } = options;
  checkClock('fakeFetch', clock);
  const play = player(script, { repeat });
  const { requests, open } = recorder(clock);
  const fetch: Fetch = async (input, init) => {
    const { url, method, headers, signal } = Call.from(input, init);
    checkUrl(url);
    throwIfAborted(signal);
    const record = open(method, url, new Headers(headers));
    await abortable(takeBody(record, init?.body ?? (input instanceof Request ? input : null)), signal);
    const plan = await abortable(play(record, { clock, signal }), signal);
    if (plan.fault === 'stall-headers') await abortable(new Promise<never>(() => {}), signal);
    const code = errorCode(plan);
    if (code !== undefined) throw networkError(code, url);
    record.status = plan.status;
    const response = planResponse(plan, { url, method, clock, signal });
    return Object.defineProperty(response, 'url', { value: url });
  };
  return Object.assign(fetch, { requests, calls: requests });
}

function checkUrl(url: string): void {
  try {
    new URL(url);
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${url}`, { cause });
  }
}

async function takeBody(record: OpenRecord, body: BodyInit | Request | null): Promise<void> {
  if (body === null) return;
  const source = body instanceof Request ? body : new Response(body);
  const type = source.headers.get('content-type');
  if (type !== null && !record.headers.has('content-type')) record.headers.set('content-type', type);
  if (source.body) await recordBody(record, source.body);
}

function errorCode({ error, fault }: Plan): string | undefined {
  if (error !== undefined) return error || 'ECONNRESET';
  if (fault === 'refuse') return 'ECONNREFUSED';
  return fault === 'reset' ? 'ECONNRESET' : undefined;
}
