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

/** One call that `probe` received. All arguments are read at the call, as `fetch` does. */
export interface Asked {
  url: string;
  method: string;
  headers: Headers;
  input: RequestInfo | URL;
  init: RequestInit | undefined;
  /** The `Request` that `fetch` would build from the arguments. */
  request: Request;
  /** The `this` of the call. The platform's `fetch` throws if it is called as a method of another object. */
  receiver: unknown;
}

/** A `fetch` that answers 200 and records its calls. It rejects invalid arguments, like the platform's `fetch`. */
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

/** Three ways to make the same call. Each returns new arguments, since a body can be used only once. */
export function asInitAndAsRequest(init: RequestInit): ((signal?: AbortSignal) => [RequestInfo, RequestInit?])[] {
  const own = (signal?: AbortSignal) => (signal ? { ...init, signal } : { ...init });
  return [
    (signal) => [CONTRACT_URL, own(signal)],
    (signal) => [new Request(CONTRACT_URL, own(signal))],
    (signal) => [new Request(CONTRACT_URL, { method: 'PUT', body: 'another' }), own(signal)],
  ];
}

/** Responses after which a middleware may repeat a call: a busy server, a rate limit, an expired token (401 or 403). */
export const REPEATED: readonly [status: number, headers: Record<string, string>][] = [
  [503, {}],
  [429, { 'retry-after': '0' }],
  [429, {}], // many servers do not say how long
  [401, {}],
  [403, {}],
];

/** The error of Node's `fetch` for a lost connection. */
export const FAILED: TypeError = /* @__PURE__ */ Object.freeze(new TypeError('fetch failed'));

/** The responses of `REPEATED`, and an error, since many middlewares repeat a call only after an error. */
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
  /** `undefined` for an error. */
  readonly status: number | undefined;
  fail(): Promise<Response>;
}

/** Waits for more microtasks than a middleware needs to begin its wait after a failure. */
export async function untilItWaits(): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await undefined;
}

/** For each of `FAILURES`, makes a call whose first three attempts fail. Returns the calls of next, without those for something else, such as a token. */
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

/** A `fetch` whose first response is a failure. Calls for something else, such as a token, always succeed. */
export function failingOnce(
  fail: () => Promise<Response>,
  answer: () => Promise<Response> = ok,
): ReturnType<typeof probe> {
  let sent = 0;
  return probe(async ({ url }) => (!url.includes('/things') ? ok() : ++sent === 1 ? fail() : answer()));
}

/** No check makes this many calls of next, unless the middleware repeats a call forever. */
const MAX_CALLS = 1_000;

/** Stops answering after `MAX_CALLS`. Otherwise a middleware that repeats a call forever would block the event loop. */
export function withMaxCalls(middleware: Middleware): Middleware {
  checkFunction('middlewareContract: make: what it returns', middleware);
  return (next) => {
    if (layersOf(next).length > 0) return middleware(next); // a layer inside gets the call itself, and checks with one make few calls
    let calls = 0;
    const answering = function (this: unknown, ...call: Parameters<Fetch>): Promise<Response> {
      return ++calls > MAX_CALLS ? new Promise(() => {}) : Reflect.apply(next, this, call);
    };
    const steady = middleware(answering);
    checkFunction('middlewareContract: make: what its middleware returns', steady);
    return steady === answering ? next : steady;
  };
}

/** Reads each response, because a middleware that limits calls in flight may wait until a body has been read. */
export function readingAll(steady: Fetch): (...call: Parameters<Fetch>) => Promise<string> {
  return async (...call) => (await steady(...call)).text();
}

/** A `fetch` that answers 200 and ignores its arguments. */
export const ok = async (): Promise<Response> => new Response('ok');

/** A `fetch` that never answers. It rejects when its signal aborts, and records the signals of its calls. */
export function endless(): { fetch: Fetch; signals: (AbortSignal | undefined)[] } {
  const signals: (AbortSignal | undefined)[] = [];
  const fetch: Fetch = async (input, init) => {
    const { signal } = Call.from(input, init);
    signals.push(signal);
    return new Promise((_, reject) => void onAbort(signal, reject));
  };
  return { fetch, signals };
}

/** Returns the outcome of a call. If there is none in time, aborts the call and returns `undefined`. */
export async function endInTime(steady: Fetch, init?: RequestInit, ms?: number): Promise<Outcome | undefined> {
  const { signal, abort } = ending();
  const call = settle(steady(CONTRACT_URL, { ...init, signal }));
  const end = await inTime(call, ms);
  abort();
  return end;
}

/** A signal and the function that aborts it. */
export function ending(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** Counts the abort listeners on a signal. After the abort, listeners with `once` no longer count. */
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
