import type { Fetch } from '@steadfetch/core';
import { CONTRACT_URL, inTime, type Make, statusOf } from './contract-claim.ts';
import { endInTime, FAILED, ok, untilItWaits } from './contract-probe.ts';

/** Failures after which a middleware may wait for its own delay and repeat the call. */
export const TRANSIENT: readonly [string, Fetch][] = [
  ['after a 503', () => copied(503, 'busy')],
  ['after an error', () => Promise.reject(FAILED)],
];

/** A response that has a clone. `await body.cancel()` on it never resolves, since the clone is not cancelled. */
async function copied(status: number, text: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = new Response(text, { status, headers });
  response.clone();
  return response;
}

/** Headers that report a used-up quota which resets in five seconds, in all spellings. */
export const USED_UP: Readonly<Record<string, string>> = Object.fromEntries([
  ['ratelimit', '"default";r=0;t=5'],
  ['ratelimit-policy', '"default";q=10;w=5'],
  ...['ratelimit', 'x-ratelimit'].flatMap((name) => [
    [`${name}-limit`, '10'],
    [`${name}-remaining`, '0'],
    [`${name}-reset`, '5'],
  ]),
]);

/** Responses after which a middleware may also delay other calls: by a pause, for a new token, or to poll for a result. */
export const REFUSED: readonly [string, Fetch][] = [
  ['after a 503 that says when', () => copied(503, 'busy', { 'retry-after': '5' })],
  ['after a 429', () => copied(429, 'slow down', { 'retry-after': '5' })],
  ['after a 401', () => copied(401, 'who are you?')],
  ['after a 403', () => copied(403, 'an old token')],
  ['after the last of a told quota', () => copied(200, 'ok', USED_UP)],
  ['after a 202', () => copied(202, 'not yet', { location: '/jobs/1', 'retry-after': '5' })],
];

/** The kinds of call that a check makes. Many middlewares treat writes differently, and a signal may be in a `Request`. */
export type Kind = 'GET' | 'Request' | 'PUT' | 'POST';
export const KINDS: readonly Kind[] = ['GET', 'Request', 'PUT', 'POST'];

/** Makes a call and aborts it in the wait after a failure. It counts microtasks: with a clock that skips waits, timers and other tasks may never run. */
export function abortedInTime(
  steady: Fetch,
  kind: Kind = 'GET',
  controller: AbortController = new AbortController(),
): Promise<Response> {
  void (async () => {
    await untilItWaits();
    controller.abort();
  })();
  return callWith(controller.signal, steady, kind);
}

export function callWith(signal: AbortSignal, steady: Fetch, kind: Kind): Promise<Response> {
  return ofKind(kind, steady)(CONTRACT_URL, { signal });
}

/** Wraps a `fetch` so that it makes calls of this kind. */
export function ofKind(kind: Kind, steady: Fetch): Fetch {
  if (kind === 'GET') return steady;
  if (kind === 'Request') return (input, init) => steady(new Request(input, init));
  return (input, init) => steady(input, { ...init, method: kind, body: 'order' });
}

/**
 * Makes ten calls to the fetch `before`, aborts those that get no answer, and then makes one call to a fetch that answers.
 * Returns the status or the error of that last call. `finish` is what the callers of the ten do with a response.
 */
export async function statusAfterTen(
  make: Make,
  before: Fetch,
  { kind = 'GET', ms, isEarly = false, finish = (response) => response.text() }: LastOptions = {},
): Promise<unknown> {
  let next = before;
  const steady = make()((...call) => next(...call));
  const aborted = () => (isEarly ? callWith(AbortSignal.abort(), steady, kind) : abortedInTime(steady, kind));
  const call = () => aborted().then(finish);
  await inTime(Promise.allSettled(Array.from({ length: 10 }, call)));
  next = ok;
  return statusOf(await endInTime(ofKind(kind, steady), {}, ms));
}

interface LastOptions {
  kind?: Kind;
  ms?: number;
  /** Whether the ten calls are aborted before they are made. */
  isEarly?: boolean;
  finish?: (response: Response) => unknown;
}
