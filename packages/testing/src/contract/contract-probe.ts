import {
  Call,
  type Fetch,
  layersOf,
  type Middleware,
  type Outcome,
  onAbort,
  settle,
  throwIfAborted,
} from '@steadfetch/core';
import { checkFunction } from '@steadfetch/core/kit';
import { CONTRACT_URL, inTime, type Make } from './contract-claim.ts';

/** What a fetch was asked for, read when it was asked, as `fetch` reads it. */
export interface Asked {
  url: string;
  method: string;
  headers: Headers;
  input: RequestInfo | URL;
  init: RequestInit | undefined;
  /** What `fetch` makes of its arguments. */
  request: Request;
  /** How it was called: the platform's `fetch` refuses to be a method of an object. */
  receiver: unknown;
}

/** A fetch that answers 200 and writes down what it was asked for. What it does not take it rejects, as the platform's does. */
export function probe(answer: (asked: Asked) => Promise<Response> = ok): { fetch: Fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  async function fetch(this: unknown, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const { url, method, headers, signal } = Call.from(input, init);
    const request = new Request(input, init);
    const one: Asked = { url, method, headers: new Headers(headers), input, init, request, receiver: this };
    asked.push(one);
    throwIfAborted(signal);
    return answer(one);
  }
  return { fetch, asked };
}

/** The three ways to ask for the same, each made anew, since a body is used up. */
export function asInitAndAsRequest(init: RequestInit): ((signal?: AbortSignal) => [RequestInfo, RequestInit?])[] {
  const own = (signal?: AbortSignal) => (signal ? { ...init, signal } : { ...init });
  return [
    (signal) => [CONTRACT_URL, own(signal)],
    (signal) => [new Request(CONTRACT_URL, own(signal))],
    (signal) => [new Request(CONTRACT_URL, { method: 'PUT', body: 'another' }), own(signal)],
  ];
}

/** Answers after which a middleware may repeat a call: a busy server, a limit, a token that is renewed after a 401 or a 403. */
export const REPEATED: readonly [status: number, headers: Record<string, string>][] = [
  [503, {}],
  [429, { 'retry-after': '0' }],
  [429, {}], // many servers do not say how long
  [401, {}],
  [403, {}],
];

/** What the `fetch` of Node says of a connection that is lost. */
export const FAILED: TypeError = /* @__PURE__ */ Object.freeze(new TypeError('fetch failed'));

/** The same answers, and an error: many repeat nothing else. */
export const FAILURES: readonly Failing[] = [
  ...REPEATED.map(([status, headers]) => ({
    when: `after a ${status}`,
    status,
    fail: async () => new Response('busy', { status, headers }),
  })),
  { when: 'after an error', status: undefined, fail: () => Promise.reject(FAILED) },
];

interface Failing {
  readonly when: string;
  /** None for an error. */
  readonly status: number | undefined;
  fail(): Promise<Response>;
}

/** Lets more microtasks pass than a middleware takes from a failure to its wait. */
export async function untilItWaits(): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await undefined;
}

/** Makes a call behind each of these failures, three times, and gives what next was asked for; not for a token besides. */
export async function askedAgain(
  make: Make,
  call: (steady: Fetch, signal: AbortSignal) => Promise<Response>,
): Promise<{ when: string; asked: Asked[] }[]> {
  const { signal, abort } = ending();
  const all = FAILURES.map(async ({ when, fail }) => {
    const { fetch, asked } = probe(async () => (asked.length > 3 ? ok() : fail()));
    await inTime(settle(call(make()(fetch), signal)));
    return { when, asked: asked.filter(({ url }) => url.includes('/things')) };
  });
  return Promise.all(all).finally(abort);
}

/** A fetch that fails the first time, and then answers; not where it is asked for a token besides. */
export function failingOnce(
  fail: () => Promise<Response>,
  answer: () => Promise<Response> = ok,
): ReturnType<typeof probe> {
  let sent = 0;
  return probe(async ({ url }) => (!url.includes('/things') ? ok() : ++sent === 1 ? fail() : answer()));
}

/** More calls of next than a check makes through a middleware that ends. */
const MANY = 1_000;

/** Its next answers no more after many calls: one that repeats without an end would let nothing else run. */
export function answersUpToMany(middleware: Middleware): Middleware {
  checkFunction('middlewareContract: make: what it returns', middleware);
  return (next) => {
    if (layersOf(next).length > 0) return middleware(next); // a layer gets the call itself, which ends
    let calls = 0;
    const answering = function (this: unknown, ...call: Parameters<Fetch>): Promise<Response> {
      return ++calls > MANY ? new Promise(() => {}) : Reflect.apply(next, this, call);
    };
    const steady = middleware(answering);
    checkFunction('middlewareContract: make: what its middleware returns', steady);
    return steady === answering ? next : steady;
  };
}

/** Makes calls whose answers are read: what lets few calls through at once may wait for that. */
export function readingAll(steady: Fetch): (...call: Parameters<Fetch>) => Promise<string> {
  return async (...call) => (await steady(...call)).text();
}

/** A fetch that answers 200 and looks at nothing. */
export const ok = async (): Promise<Response> => new Response('ok');

/** A fetch that only ends by its signal, with its reason, and keeps the signals it got. */
export function endless(): { fetch: Fetch; signals: (AbortSignal | undefined)[] } {
  const signals: (AbortSignal | undefined)[] = [];
  const fetch: Fetch = async (input, init) => {
    const { signal } = Call.from(input, init);
    signals.push(signal);
    return new Promise((_, reject) => void onAbort(signal, reject));
  };
  return { fetch, signals };
}

/** The end of a call, if it comes in time; else it is aborted. */
export async function endInTime(steady: Fetch, init?: RequestInit, ms?: number): Promise<Outcome | undefined> {
  const { signal, abort } = ending();
  const call = settle(steady(CONTRACT_URL, { ...init, signal }));
  const end = await inTime(call, ms);
  abort();
  return end;
}

/** A signal, and what ends the calls that have it. */
export function ending(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** Counts the abort listeners on a signal. One that was added with `once` is gone after the abort. */
export function watchListeners(signal: AbortSignal): { readonly count: number } {
  const listeners = new Map<unknown, boolean>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    const options = args[2];
    listeners.set(args[1], typeof options === 'object' && options?.once === true);
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners.delete(args[1]);
    removeEventListener.apply(signal, args);
  };
  return {
    get count() {
      return [...listeners.values()].filter((once) => !(once && signal.aborted)).length;
    },
  };
}
