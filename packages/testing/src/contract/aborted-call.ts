import type { Fetch } from '@steadfetch/core';
import { CONTRACT_URL, inTime, type Make, statusOf } from './contract-claim.ts';
import { endInTime, FAILED, ok, untilItWaits } from './contract-probe.ts';

/** What a middleware may repeat after a wait of its own. */
export const TRANSIENT: readonly [string, Fetch][] = [
  ['after a 503', () => copied(503, 'busy')],
  ['after an error', () => Promise.reject(FAILED)],
];

/** Who waits until the body of such an answer is cancelled waits for ever: another holds a copy. */
async function copied(status: number, text: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = new Response(text, { status, headers });
  response.clone();
  return response;
}

/** The fields of each spelling by which servers say that nothing is left for five seconds. */
export const USED_UP: Readonly<Record<string, string>> = Object.fromEntries([
  ['ratelimit', '"default";r=0;t=5'],
  ['ratelimit-policy', '"default";q=10;w=5'],
  ...['ratelimit', 'x-ratelimit'].flatMap((name) => [
    [`${name}-limit`, '10'],
    [`${name}-remaining`, '0'],
    [`${name}-reset`, '5'],
  ]),
]);

/** After these it may begin what other calls wait for as well, such as a pause, or a new token, or ask for the result. */
export const REFUSED: readonly [string, Fetch][] = [
  ['after a 503 that says when', () => copied(503, 'busy', { 'retry-after': '5' })],
  ['after a 429', () => copied(429, 'slow down', { 'retry-after': '5' })],
  ['after a 401', () => copied(401, 'who are you?')],
  ['after a 403', () => copied(403, 'an old token')],
  ['after the last of a told quota', () => copied(200, 'ok', USED_UP)],
  ['after a 202', () => copied(202, 'not yet', { location: '/jobs/1', 'retry-after': '5' })],
];

/** The calls that a check makes, as messages name them. Many middlewares act on what writes alone, and a signal may be that of a Request. */
export type Kind = 'GET' | 'Request' | 'PUT' | 'POST';
export const KINDS: readonly Kind[] = ['GET', 'Request', 'PUT', 'POST'];

/** A call that its caller aborts in the wait after a failure. By microtasks: behind a clock that skips waits nothing else may ever run. */
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

/** The fetch for calls of this kind alone. */
export function ofKind(kind: Kind, steady: Fetch): Fetch {
  if (kind === 'GET') return steady;
  if (kind === 'Request') return (input, init) => steady(new Request(input, init));
  return (input, init) => steady(input, { ...init, method: kind, body: 'order' });
}

/**
 * The status or the error of a call after ten of its kind to another fetch, each aborted if it is not answered, if it comes in time. `finish`
 * is what their callers do with an answer.
 */
export async function lastOfEleven(
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
  /** Whether they are aborted before they are made. */
  isEarly?: boolean;
  finish?: (response: Response) => unknown;
}
