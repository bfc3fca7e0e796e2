import { type Clock, systemClock } from '@steadfetch/core';
import { historyOf, type RetryEvent } from '@steadfetch/retry';
import { fakeFetch, instantClock, seededRandom, startServer } from '@steadfetch/testing';
import ky, { HTTPError } from 'ky';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { retry, use } from '../src/index.ts';
import { client, outcomeOf, URL, virtualTime } from './client.ts';

/** Faults that ky 2.1 alone has, each with the behaviour that replaces it. */
describe('ky with retry()', () => {
  afterEach(() => vi.restoreAllMocks());

  it('does not pile delays up at the cap, since jitter comes after it', async () => {
    const clock = instantClock();
    const fetch = fakeFetch(503);
    const random = seededRandom(1);
    const api = ky.create({ fetch, hooks: retry({ clock, random, budget: false }) });

    await api.get(URL, { retry: { limit: 60, delay: () => 8_000, backoffLimit: 1_000, jitter: true } }).catch(() => {});

    expect(clock.sleeps).toHaveLength(60);
    expect(new Set(clock.sleeps).size).toBe(60);
    expect(Math.max(...clock.sleeps)).toBeLessThan(1_000);
  });

  it('waits as long as Retry-After asks also when a condition of the caller says true', async () => {
    const { api, clock } = client([limited('30'), 200], { shouldRetry: () => true, serverHints: { spread: 0 } });

    await api.get(URL);

    expect(clock.sleeps).toEqual([30_000]);
  });

  it('reads a reset in epoch milliseconds as that instant', async () => {
    const clock = instantClock();
    const reset = {
      status: 429,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${clock.now() + 2_000}` },
    };
    const { api } = client([reset, 200], { clock, delay: () => 0, serverHints: { spread: 0 } });

    await api.get(URL);

    expect(clock.sleeps).toEqual([2_000]);
  });

  it('gives up rather than cut a wait short that is above the limit', async () => {
    const { api, clock, fetch } = client([limited('120'), 200], { maxDelay: 60_000 });

    const error = await outcomeOf(api.get(URL));

    expect(error).toBeInstanceOf(HTTPError);
    expect(error.response.status).toBe(429);
    expect(clock.sleeps).toEqual([]);
    expect(fetch.calls).toHaveLength(1);
  });

  it('treats maxRetryAfter of ky as the wait to give up at', async () => {
    const { api, fetch } = client([limited('30'), 200]);

    await expect(api.get(URL, { retry: { maxRetryAfter: 10_000 } })).rejects.toThrow('429');

    expect(fetch.calls).toHaveLength(1);
  });

  it('retries statuses under throwHttpErrors: false', async () => {
    const { api, fetch } = client([503, 503, 200]);

    const response = await api.get(URL, { throwHttpErrors: false });

    expect(response.status).toBe(200);
    expect(fetch.calls).toHaveLength(3);
  });

  it('does not clone a POST whose body is a stream', async () => {
    const clone = vi.spyOn(Request.prototype, 'clone');
    const { api } = client([503]);
    const body = new Blob(['large']).stream();

    await api.post(URL, { body, throwHttpErrors: false });

    expect(clone).not.toHaveBeenCalled();
  });

  it('does not clone a POST that came as a Request', async () => {
    const clone = vi.spyOn(Request.prototype, 'clone');
    const { api } = client([503]);

    await api(new Request(URL, { method: 'POST', body: 'x' }), { throwHttpErrors: false });

    expect(clone).not.toHaveBeenCalled();
  });

  it('does not read the body of a response before it retries', async () => {
    const pull = vi.fn(() => new Promise<void>(() => {}));
    const stuck = () => new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { status: 503 });
    const responses = [stuck(), new Response('done')];
    const api = ky.create({ fetch: async () => responses.shift()!, hooks: retry({ clock: instantClock() }) });

    expect(await api.get(URL).text()).toBe('done');
  });

  it('tells of a retry before the wait, with its length', async () => {
    const order: string[] = [];
    const onRetry = ({ delay }: RetryEvent) => order.push(`told ${delay}`);
    const clock = noting(order);
    const { api } = client([503, 200], { clock, delay: () => 700, hooks: { onRetry } });

    await api.get(URL);

    expect(order).toEqual(['told 700', 'slept 700']);
  });

  it('gives the real outcome at once when a wait cannot fit totalTimeout', async () => {
    virtualTime();
    const onGiveUp = vi.fn();
    const { api, clock } = client([limited('60', 503), 200], { hooks: { onGiveUp } });

    const error = await outcomeOf(api.get(URL, { totalTimeout: 700 }));

    expect(error).toBeInstanceOf(HTTPError);
    expect(error.response.status).toBe(503);
    expect(clock.sleeps).toEqual([]);
    expect(onGiveUp).toHaveBeenCalledWith(expect.objectContaining({ reason: 'deadline' }));
  });

  it('repeats no POST under throwHttpErrors: false, and ends with the response instead of an error', async () => {
    const { api, fetch } = client([{ status: 503, body: 'busy' }]);

    const response = await api.post(URL, { json: {}, throwHttpErrors: false });

    expect(fetch.calls).toHaveLength(1);
    expect(await response.text()).toBe('busy');
  });

  it('ends with the last response when the retries of throwHttpErrors: false are used up', async () => {
    const { api, fetch } = client([503, 503, { status: 503, body: 'last' }]);

    const response = await api.get(URL, { throwHttpErrors: false });

    expect(await response.text()).toBe('last');
    expect(historyOf(response)).toHaveLength(3);
    expect(fetch.calls).toHaveLength(3);
  });

  it('lets a middleware wait longer than the default timeout of ky', async () => {
    virtualTime();
    const slow = (next: typeof fetch) => async (input: RequestInfo | globalThis.URL, init?: RequestInit) => {
      await systemClock.sleep(60_000);
      return next(input, init);
    };
    vi.spyOn(globalThis, 'fetch').mockImplementation(fakeFetch(200));

    const response = await ky.extend(use(slow)).get(URL);

    expect(response.status).toBe(200);
  });

  it.each(['CERT_HAS_EXPIRED', 'bad port'])('does not retry what is certain to fail again: %s', async (problem) => {
    const cause = problem === 'bad port' ? new Error(problem) : Object.assign(new Error('tls'), { code: problem });
    const fetch = vi.fn().mockRejectedValue(new TypeError('fetch failed', { cause }));
    const api = ky.create({ fetch, hooks: retry({ clock: instantClock() }) });

    await expect(api.get(URL)).rejects.toThrow('network error');

    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it('retries where only the path looks like a permanent fault', async () => {
    const fetch = fakeFetch(['network-error', 200]);
    const api = ky.create({ fetch, hooks: retry({ clock: instantClock() }) });

    await api.get('https://api.example.com/integrity/cross-origin');

    expect(fetch.calls).toHaveLength(2);
  });

  it.each([
    [429, { 'retry-after-ms': '1500' }, 1_500],
    [429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '1.5' }, 1_500],
    [429, { ratelimit: '"default";r=0;t=3' }, 3_000],
    [429, { 'retry-after': '1.5' }, 1_500],
    [500, { 'retry-after': '2' }, 2_000],
  ])('hears what a %i says with %j', async (status, headers, delay) => {
    const { api, clock } = client([{ status, headers }, 200], { delay: () => 1, serverHints: { spread: 0 } });

    await api.get(URL);

    expect(clock.sleeps).toEqual([delay]);
  });

  it('obeys x-should-retry: false', async () => {
    const { api, fetch } = client([{ status: 503, headers: { 'x-should-retry': 'false' } }, 200]);

    await expect(api.get(URL)).rejects.toThrow('503');

    expect(fetch.calls).toHaveLength(1);
  });
});

it('gets through a real server that refuses, then is busy', async () => {
  const server = await startServer([{ fault: 'reset' }, { status: 503, headers: { 'retry-after': '1' } }, 200]);
  const clock = instantClock();
  const api = ky.extend({ hooks: retry({ clock, delay: () => 5, serverHints: { spread: 0 } }) });

  const response = await api.get(server.url);
  await server.close();

  expect(response.status).toBe(200);
  expect(clock.sleeps).toEqual([5, 1_000]);
});

function limited(retryAfter: string, status = 429): { status: number; headers: Record<string, string> } {
  return { status, headers: { 'retry-after': retryAfter } };
}

function noting(order: string[]): Clock {
  return { now: () => 0, sleep: async (ms) => void order.push(`slept ${ms}`) };
}
