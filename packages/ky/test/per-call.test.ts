import { fakeFetch, instantClock } from '@steadfetch/testing';
import ky, { isHTTPError, isNetworkError } from 'ky';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { client, outcomeOf, URL } from './client.ts';

describe('retry option of ky', () => {
  it.each([
    [0, 1],
    [1, 2],
    [4, 5],
    [{ limit: 0 }, 1],
    [{ limit: 4 }, 5],
    [{}, 3],
  ])('%j makes %i attempts', async (option, attempts) => {
    const { api, fetch } = client(503);

    await outcomeOf(api.get(URL, { retry: option }));

    expect(fetch.calls).toHaveLength(attempts);
  });

  it('counts when it is given to the instance', async () => {
    const fetch = fakeFetch(503);
    const api = ky.create({ fetch, retry: 3 }).extend({ hooks: retry({ clock: instantClock() }) });

    await outcomeOf(api.get(URL));

    expect(fetch.calls).toHaveLength(4);
  });

  it('false stands for no retries, as in our words', async () => {
    const { api, fetch } = client(503);

    await outcomeOf(api.get(URL, { retry: false as never }));

    expect(fetch.calls).toHaveLength(1);
  });

  it('replaces methods and statuses', async () => {
    const { api, fetch } = client([418, 418, 200]);

    await api.post(URL, { retry: { methods: ['post'], statusCodes: [418] } });

    expect(fetch.calls).toHaveLength(3);
  });

  it('repeats nothing where the list of methods is empty, as ky', async () => {
    const { api, fetch } = client([503, 200]);

    await outcomeOf(api.put(URL, { retry: { methods: [] } }));

    expect(fetch.calls).toHaveLength(1);
  });

  it('decides about timeouts', async () => {
    const { api, fetch } = client({ fault: 'stall-headers' });

    await outcomeOf(api.get(URL, { timeout: 5, retry: { retryOnTimeout: false } }));

    expect(fetch.calls).toHaveLength(1);
  });

  it('turns server waits off when no status may ask for one', async () => {
    const { api, clock } = client([{ status: 503, headers: { 'retry-after': '30' } }, 200], { delay: () => 10 });

    await api.get(URL, { retry: { afterStatusCodes: [] } });

    expect(clock.sleeps).toEqual([10]);
  });

  it.each([
    [{ delay: (n: number) => n * 100 }, [100, 200]],
    [{ backoffLimit: 400 }, [300, 400]],
    [{ jitter: true }, [150, 300]],
    [{ jitter: (ms: number) => ms + 1, backoffLimit: 400 }, [301, 400]],
    [{ jitter: () => Number.NaN, backoffLimit: 400 }, [300, 400]],
    [{ jitter: () => -5 }, [300, 600]],
    [{ jitter: () => Number.POSITIVE_INFINITY }, [300, 600]],
    [{ jitter: () => 0 }, [0, 0]],
    [{ maxRetryAfter: Infinity, delay: () => 5 }, [5, 5]],
  ])('%j decides the delays', async (option, delays) => {
    const { api, clock } = client(503, { random: () => 0.5 });

    await outcomeOf(api.get(URL, { retry: option }));

    expect(clock.sleeps).toEqual(delays);
  });

  it('keeps its condition, which gets the errors of ky', async () => {
    const seen: unknown[] = [];
    const shouldRetry = ({ error, retryCount }: { error: Error; retryCount: number }) => {
      seen.push([isHTTPError(error), isNetworkError(error), retryCount]);
      return retryCount < 3;
    };
    const bug = vi.fn().mockRejectedValueOnce(new RangeError('mine')).mockResolvedValue(new Response());

    await client([404, 'network-error', 200]).api.get(URL, { retry: { shouldRetry } });
    await client(200).api.get(URL, { fetch: bug, retry: { shouldRetry } });

    expect(seen).toEqual([
      [true, false, 1],
      [false, true, 2],
      [false, false, 1],
    ]);
    expect(bug).toHaveBeenCalledTimes(2);
  });

  it.each([
    [{ status: 422, json: { again: true } }, { again: true }],
    [{ status: 422, body: 'again' }, 'again'],
    [{ status: 422, body: '{', headers: { 'content-type': 'application/problem+json' } }, undefined],
    [422, undefined],
  ])('keeps its condition, which sees the data of %j', async (reply, data) => {
    const shouldRetry = vi.fn(() => true);
    const { api } = client([reply, 200]);

    await api.get(URL, { retry: { shouldRetry } });

    expect(shouldRetry).toHaveBeenCalledWith({ error: expect.objectContaining({ data }), retryCount: 1 });
  });

  it.each([-1, 1.5, Number.NaN, '3', null, { maxRetry: 3 }, { limit: Number.POSITIVE_INFINITY }])(
    'refuses %j',
    (option) => {
      const { api } = client(200);

      expect(() => api.get(URL, { retry: option as never })).toThrow(/^retry: /);
    },
  );
});

describe('steadfetch option', () => {
  it('takes options in our words for one call', async () => {
    const { api, clock, fetch } = client([503, 503, 200], { delay: () => 1 });

    await api.get(URL, { steadfetch: { retry: { delay: () => 7, maxRetries: 2 } } });

    expect(clock.sleeps).toEqual([7, 7]);
    expect(fetch.calls).toHaveLength(3);
  });

  it('wins over the option of ky', async () => {
    const { api, fetch } = client(503);

    await outcomeOf(api.get(URL, { retry: 5, steadfetch: { retry: { maxRetries: 1 } } }));
    await outcomeOf(api.get(URL, { retry: 5, steadfetch: { retry: false } }));

    expect(fetch.calls).toHaveLength(3);
  });

  it.each([
    [{ hooks: { onRetry: () => {} } }, { maxRetries: 1 }],
    [{ maxRetries: 1 }, { hooks: [{ onRetry: () => {} }] }],
  ])('fails no call where ky merges the observers of %j and %j away', async (instance, call) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { api, fetch } = client([503, 200]);

    await api.extend({ steadfetch: { retry: instance } }).get(URL, { steadfetch: { retry: call } });

    expect(fetch.calls).toHaveLength(2);
    warn.mockRestore();
  });

  it.each([5, 0, true, 'no', null])('refuses %j for its options of retry', (option) => {
    const { api } = client(200);

    expect(() => api.get(URL, { steadfetch: { retry: option as never } })).toThrow(/^retry: .* got /);
  });

  it('does not reach the fetch', async () => {
    const fetch = vi.fn(async (_input: unknown, init?: object) => Response.json(Object.keys(init ?? {})));
    const api = ky.create({ fetch, hooks: retry() });

    expect(await api.get(URL, { steadfetch: { retry: { maxRetries: 1 } } }).json()).toEqual([]);
  });
});

describe('options', () => {
  it.each([
    [{ maxRetries: -1 }, RangeError],
    [{ maxRetries: '2' }, TypeError],
    [{ maxDelay: 2 ** 31 }, RangeError],
    [{ retries: 2 }, TypeError],
    [null, TypeError],
  ])('refuses %j', (options, type) => {
    expect(() => retry(options as never)).toThrow(type);
    expect(() => retry(options as never)).toThrow(/^retry/);
  });
});
