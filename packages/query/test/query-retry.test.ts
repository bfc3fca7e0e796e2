import { DrainError } from '@steadfetch/core';
import { use, retry as withRetry } from '@steadfetch/ky';
import { retry } from '@steadfetch/retry';
import { fakeFetch, type Script } from '@steadfetch/testing';
import { onlineManager, QueryClient, QueryObserver } from '@tanstack/query-core';
import ky, { type AfterResponseHook } from 'ky';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { okOrThrow, type QueryRetryOptions, queryRetry, ResponseError } from '../src/index.ts';

const URL = 'https://api.test/x?token=1';
const NOW = { delay: () => 0 };

function clientWith(options: QueryRetryOptions = NOW): QueryClient {
  return new QueryClient({ defaultOptions: { queries: queryRetry(options) } });
}

/** Runs one query, and collects each failure count that its observers saw. */
async function run(queryFn: () => Promise<unknown>, options?: QueryRetryOptions) {
  const client = clientWith(options);
  const counts: number[] = [];
  const observer = new QueryObserver(client, { queryKey: ['x'], queryFn });
  const unsubscribe = observer.subscribe(({ failureCount }) => counts.push(failureCount));
  const result = await until(() => {
    const { isPending, isFetching } = observer.getCurrentResult();
    return !isPending && !isFetching && observer.getCurrentResult();
  });
  unsubscribe();
  client.clear();
  return { ...result, counts: [...new Set(counts)] };
}

const until = <T>(ready: () => T) => vi.waitUntil(ready, { interval: 2, timeout: 10_000 });
const errorFor = (status: number, headers: Record<string, string> = {}) =>
  new ResponseError(new Response(null, { status, headers }));

const thrower = (): never => {
  throw new Error('unreadable');
};
const withGetter = (name: string) => Object.defineProperty({ headers: new Headers() }, name, { get: thrower });

afterEach(() => {
  onlineManager.setOnline(true);
  vi.restoreAllMocks();
});

describe('queryRetry', () => {
  it('leaves retries to TanStack, which counts the failures', async () => {
    const fetch = fakeFetch([503, 'network-error', { body: 'fine' }]);

    const { data, failureCount, counts } = await run(async () => okOrThrow(await fetch(URL)).text());

    expect([data, failureCount, counts, fetch.calls.length]).toEqual(['fine', 0, [0, 1, 2], 3]);
  });

  it.each<[name: string, script: Script, requests: number, failures: number]>([
    ['a status that is not transient', 404, 1, 1],
    ['a transient status, to its limit', 503, 4, 4],
    ['a certificate that is wrong', { error: 'CERT_HAS_EXPIRED' }, 1, 1],
    ['a veto of the server', { status: 503, headers: { 'x-should-retry': 'false' } }, 1, 1],
    ['a server that asks for more than maxDelay', { status: 503, headers: { 'retry-after': '3600' } }, 1, 1],
  ])('ends with %s', async (_, script, requests, failures) => {
    const fetch = fakeFetch(script);

    const { failureCount, isError } = await run(async () => okOrThrow(await fetch(URL)).text());

    expect([isError, failureCount, fetch.calls.length]).toEqual([true, failures, requests]);
  });

  it('does not retry what our retry inside has retried', async () => {
    const fetch = fakeFetch(503);
    const api = retry({ ...NOW, budget: false })(fetch);

    const { failureCount } = await run(async () => okOrThrow(await api(URL)).text());

    expect([failureCount, fetch.calls.length]).toEqual([1, 3]);
  });

  it('does not retry network errors that our retry inside has retried', async () => {
    const fetch = fakeFetch('network-error');
    const api = retry({ ...NOW, budget: false })(fetch);

    const { failureCount } = await run(async () => okOrThrow(await api(URL)).text());

    expect([failureCount, fetch.calls.length]).toEqual([1, 3]);
  });

  it.each([
    ['by an error', (error: unknown) => new Error('outer', { cause: new Error('inner', { cause: error }) })],
    ['with others', (error: unknown) => new AggregateError([error])],
  ])('knows what a retry of ours inside has repeated where its error is wrapped %s', async (_, wrap) => {
    const fetch = fakeFetch('network-error');
    const api = retry({ ...NOW, budget: false })(fetch);

    const { failureCount } = await run(() => api(URL).catch((error: unknown) => Promise.reject(wrap(error))));

    expect([failureCount, fetch.calls.length]).toEqual([1, 3]);
  });

  it('does not retry an error of tRPC for a call that our retry inside has retried', async () => {
    const fetch = fakeFetch(503);
    const api = retry({ ...NOW, budget: false })(fetch);

    await run(async () => Promise.reject({ meta: { response: await api(URL) } }));

    expect(fetch.calls).toHaveLength(3);
  });

  it('retries alone if the call has retry: false', async () => {
    const fetch = fakeFetch([503, 503, { body: 'fine' }]);
    const api = retry()(fetch);

    const { data, counts } = await run(async () => okOrThrow(await api(URL, { retry: false })).text());

    expect([data, counts, fetch.calls.length]).toEqual(['fine', [0, 1, 2], 3]);
  });

  it.each([
    ['use()', (fetch: typeof globalThis.fetch) => ky.extend(use(retry({ ...NOW, budget: false }), () => fetch))],
    ['hooks', (fetch: typeof globalThis.fetch) => ky.extend({ fetch, hooks: withRetry({ ...NOW, budget: false }) })],
  ])('does not multiply with ky under %s', async (_, make) => {
    const fetch = fakeFetch(503);
    const api = make(fetch as typeof globalThis.fetch);

    const { failureCount } = await run(() => api.get(URL).text());

    expect([failureCount, fetch.calls.length]).toEqual([1, 3]);
  });

  it('reads the HTTPError of ky', async () => {
    const fetch = fakeFetch([503, { body: 'fine' }]);
    const api = ky.create({ fetch: fetch as typeof globalThis.fetch, retry: 0 });

    expect(await run(() => api.get(URL).text())).toMatchObject({ data: 'fine', counts: [0, 1] });
  });

  it('leaves retries of a hook to ky if its loop has no methods', async () => {
    const fetch = fakeFetch([503, 401, { body: 'fine' }]);
    const refresh: AfterResponseHook = ({ response }) => (response.status === 401 ? ky.retry({ delay: 1 }) : undefined);
    const hooks = { afterResponse: [refresh] };
    const api = ky.create({ fetch: fetch as typeof globalThis.fetch, retry: { methods: [] }, hooks });

    const { data, counts } = await run(() => api.get(URL).text());

    expect([data, counts, fetch.calls.length]).toEqual(['fine', [0, 1], 3]);
  });

  it('pauses while the browser is offline, as TanStack does', async () => {
    const fetch = fakeFetch(['network-error', { body: 'fine' }]);
    const client = clientWith();
    client.mount();
    const observer = new QueryObserver(client, {
      queryKey: ['x'],
      queryFn: async () => {
        const call = fetch(URL);
        onlineManager.setOnline(fetch.calls.length > 1);
        return okOrThrow(await call).text();
      },
    });
    const unsubscribe = observer.subscribe(() => {});

    await until(() => observer.getCurrentResult().fetchStatus === 'paused');
    expect([observer.getCurrentResult().failureCount, fetch.calls.length]).toEqual([1, 1]);
    onlineManager.setOnline(true);
    await until(() => observer.getCurrentResult().data === 'fine');

    unsubscribe();
    client.unmount();
    client.clear();
  });

  it('waits as long as the server asks, or for its own delay if that is longer', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { retryDelay } = queryRetry({ delay: ({ attempt }) => attempt * 100 });

    const delays = [undefined, '7', '0'].map((seconds) =>
      retryDelay(1, errorFor(503, seconds === undefined ? {} : { 'retry-after': seconds })),
    );

    expect(delays).toEqual([200, 7_000, 200]);
    expect(retryDelay(0, { response: { status: 503, headers: { 'retry-after': '7' } } })).toBe(7_000);
    expect(retryDelay(0, { name: 'ApolloError', networkError: errorFor(503, { 'retry-after': '7' }) })).toBe(7_000);
    expect(retryDelay(0, new TypeError('Failed to fetch'))).toBe(100);
  });

  it('adds jitter to the wait that the server asks for, at most a fifth, 5 s and up to maxDelay', () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const { retry, retryDelay } = queryRetry({ delay: () => 0 });

    const delays = ['5', '30', '62', '3600'].map((seconds) => retryDelay(0, errorFor(503, { 'retry-after': seconds })));

    expect(delays).toEqual([6_000, 35_000, 65_000, 3_600_000]);
    expect(retry(0, errorFor(503, { 'retry-after': '65' }))).toBe(true);
  });

  it('discards the response of a retried error, and no other', () => {
    const { retry } = queryRetry();
    const [again, last] = [errorFor(503), errorFor(404)].map(({ status }) =>
      Object.assign(new Error(), { response: new Response('body', { status }) }),
    );

    expect([retry(0, again), retry(0, last)]).toEqual([true, false]);
    expect([again!.response.body!.locked, last!.response.body!.locked]).toEqual([true, false]);
  });

  it.each<[error: unknown, expected: boolean]>([
    [new TypeError('Failed to fetch'), true],
    [new DOMException('late', 'TimeoutError'), true],
    [new DOMException('stop', 'AbortError'), false],
    [new TypeError('x is not a function'), false],
    [new DrainError('closed'), false],
    [new Error('wrapped', { cause: errorFor(429) }), true],
    [new Error('wrapped', { cause: new Response(null, { status: 404 }) }), false],
    [{ response: { status: 503, headers: { 'retry-after': '7' } } }, true], // octokit
    [{ response: { status: 503, headers: { 'retry-after': '3600' } } }, false],
    [{ response: { status: 404, headers: {} } }, false],
    [{ meta: { response: new Response(null, { status: 503 }) } }, true], // tRPC
    [{ meta: { response: new Response(null, { status: 401 }) } }, false],
    [{ meta: { response: new Response(null, { status: 207 }) }, data: { httpStatus: 500 } }, true], // of a batch
    [{ meta: { response: new Response(null, { status: 207 }) }, data: { httpStatus: 404 } }, false],
    [{ data: { httpStatus: 503 } }, true], // by WebSocket
    [{ response: new Response(null, { status: 404 }), data: { httpStatus: 503 } }, false],
    [{ meta: { response: new Response('cut') }, cause: new TypeError('terminated') }, true],
    [{ response: undefined, cause: new DOMException('late', 'TimeoutError') }, true], // ofetch
    [{ response: undefined, cause: new DOMException('stop', 'AbortError') }, false],
    [{ message: 'Network Error', code: 'ERR_NETWORK' }, true], // axios
    [{ message: 'Network Error', code: 'ERR_NETWORK', cause: { code: 'ENOTFOUND' } }, true],
    [{ message: 'Network Error', code: 'ERR_NETWORK', cause: { code: 'CERT_HAS_EXPIRED' } }, false],
    [{ message: 'Network Error', code: 'ERR_NETWORK', cause: new TypeError('a text of another runtime') }, true],
    [new Error('wrapped', { cause: { code: 'ERR_NETWORK' } }), true],
    [{ name: 'HttpErrorResponse', status: 0, error: new TypeError('Failed to fetch') }, true], // Angular
    [{ name: 'HttpErrorResponse', status: 0, error: { type: 'error', isTrusted: true } }, true],
    [{ name: 'HttpErrorResponse', status: 0, error: new DOMException('late', 'TimeoutError') }, true],
    [{ name: 'HttpErrorResponse', status: 0, error: new TypeError('x is not a function') }, false],
    [{ name: 'HttpErrorResponse', status: 0, error: new DrainError('closed') }, false],
    [{ name: 'HttpErrorResponse', status: 404, headers: new Headers(), error: null }, false],
    [{ name: 'CombinedError', networkError: new TypeError('Failed to fetch') }, true], // urql
    [{ name: 'CombinedError', networkError: new DrainError('closed') }, false],
    [{ name: 'CombinedError', networkError: new Error('Busy'), response: new Response(null, { status: 503 }) }, true],
    [{ name: 'CombinedError', networkError: new Error('None'), response: new Response(null, { status: 404 }) }, false],
    [{ name: 'CombinedError', networkError: undefined, response: new Response('{}') }, false],
    [{ name: 'FunctionsFetchError', context: new TypeError('Failed to fetch') }, true], // Supabase
    [{ name: 'FunctionsFetchError', context: new DOMException('stop', 'AbortError') }, false],
    [{ name: 'FunctionsFetchError', context: new DrainError('closed') }, false],
    [{ name: 'FunctionsHttpError', context: new Response(null, { status: 503 }) }, true],
    [{ name: 'FunctionsRelayError', context: new Response(null, { status: 503 }) }, true],
    [{ name: 'FunctionsHttpError', context: new Response(null, { status: 404 }) }, false],
    [undefined, false],
    [null, false],
    ['text', false],
  ])('judges %o', (error, expected) => {
    expect(queryRetry().retry(0, error)).toBe(expected);
  });

  it('accepts custom statuses', () => {
    const { retry } = queryRetry({ statuses: [418] });

    expect([418, 503].map((status) => retry(0, errorFor(status)))).toEqual([true, false]);
  });

  it.each<[name: string, members: PropertyDescriptorMap]>([
    ['a response that cannot be read', { response: { get: thrower } }],
    ['a response whose status cannot be read', { response: { value: withGetter('status') } }],
    ['a response whose fields cannot be read', { response: { value: { status: 503, headers: { get: thrower } } } }],
  ])('ends a query by an error that has %s', async (_, members) => {
    const odd = Object.defineProperties(new Error('odd'), members);

    const { error, failureCount } = await run(() => Promise.reject(odd));

    expect([error, failureCount]).toEqual([odd, 1]);
  });

  it.each([thrower, () => Number.NaN, () => -5])('uses the default if a delay is invalid: %s', (delay) => {
    const wait = queryRetry({ delay }).retryDelay(0, errorFor(503));

    expect(wait).toBeGreaterThanOrEqual(1_000);
    expect(wait).toBeLessThanOrEqual(2_000);
  });

  it.each([1_000, 2_000, 4_000])(
    'retries as often as TanStack by default, and no sooner than after its %i ms',
    (own) => {
      const { retry, retryDelay } = queryRetry();
      const count = Math.log2(own / 1_000);
      const error = new TypeError('Failed to fetch');

      expect([retry(count, error), retry(3, error)]).toEqual([true, false]);
      expect(retryDelay(count, error)).toBeGreaterThanOrEqual(own);
      expect(retryDelay(count, error)).toBeLessThanOrEqual(2 * own);
    },
  );

  it('waits no longer than a timer can', () => {
    expect(queryRetry({ delay: () => 1e12 }).retryDelay(0, errorFor(503))).toBe(2_147_483_647);
  });

  it.each([
    [{ retries: 3 }, /^queryRetry: unknown option 'retries'/],
    [{ maxRetries: -1 }, /^queryRetry: maxRetries: .*got -1/],
    [{ delay: 100 }, /^queryRetry: delay: expected a function/],
    [{ statuses: [99] }, /^queryRetry: statuses/],
  ])('refuses %o', (options, message) => {
    expect(() => queryRetry(options as never)).toThrow(message);
  });
});

describe('okOrThrow', () => {
  it('returns a good response', () => {
    const response = new Response('fine');

    expect(okOrThrow(response)).toBe(response);
  });

  it('throws any other with an unread body, and without the query of the URL', async () => {
    const response = Object.defineProperty(new Response('why', { status: 404 }), 'url', { value: URL });

    const error: unknown = await Promise.resolve(response)
      .then(okOrThrow)
      .catch((error: unknown) => error);

    expect(error).toBeInstanceOf(ResponseError);
    expect(error).toMatchObject({ name: 'ResponseError', status: 404, message: 'https://api.test/x answered 404' });
    expect(await (error as ResponseError).response.text()).toBe('why');
  });

  it.each([
    ['undefined', () => undefined],
    ['[object Promise]', () => Promise.reject(new Error('not awaited'))],
  ])('says that %s is no response', (shown, give) => {
    expect(() => okOrThrow(give() as never)).toThrow(`okOrThrow: expected a response, got ${shown}`);
  });
});
