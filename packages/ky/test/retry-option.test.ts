import { instantClock } from '@steadfetch/testing';
import ky, { type HTTPError } from 'ky';
import { describe, expect, it, vi } from 'vitest';
import { retry, use } from '../src/index.ts';
import { client, outcomeOf, URL } from './client.ts';

describe('the retry option of ky', () => {
  it('caps the waits of the server, and not the own delay', async () => {
    const { api, clock } = client([503, 503, 200]);

    await api.get(URL, { retry: { maxRetryAfter: 10, delay: () => 50 } });

    expect(clock.sleeps).toEqual([50, 50]);
  });

  it('does so below use() as well', async () => {
    const { retry: middleware } = await import('@steadfetch/retry');
    const { fetch, clock } = client([503, 200]);
    const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(fetch);

    const response = await ky
      .create(use(middleware({ clock })))
      .get(URL, { retry: { maxRetryAfter: 10, delay: () => 50 } });
    spy.mockRestore();

    expect(response.status).toBe(200);
  });

  it('refuses a delay and a condition that are no functions before a request is sent', () => {
    const { api } = client([200]);

    expect(() => api.get(URL, { retry: { delay: 1_000 as never } })).toThrow(
      'retry: delay: expected a function, got 1000',
    );
    expect(() => api.get(URL, { retry: { shouldRetry: true as never } })).toThrow(
      'retry: shouldRetry: expected a function, got true',
    );
  });

  it('is taken below use() where an instance and a call both have hooks, which ky drops', async () => {
    const { retry: middleware } = await import('@steadfetch/retry');
    const { fetch, clock } = client([503, 200]);
    const steadfetch = { retry: { hooks: { onRetry: () => {} } } };
    const api = ky.extend(use(middleware({ clock }), () => fetch)).extend({ steadfetch });

    const response = await api.get(URL, { steadfetch });

    expect(response.status).toBe(200);
  });

  it('has its condition asked below use() as well, with errors that have no options', async () => {
    const { retry: middleware } = await import('@steadfetch/retry');
    const { fetch, clock } = client([{ status: 422, json: { a: 1 } }, 200]);
    const shouldRetry = vi.fn(() => true);
    const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(fetch);

    await ky.create(use(middleware({ clock }))).get(URL, { retry: { shouldRetry } });
    spy.mockRestore();

    expect(shouldRetry).toHaveBeenCalledWith({
      error: expect.objectContaining({ data: { a: 1 }, options: {} }),
      retryCount: 1,
    });
  });

  it.each([{ maxRetryAfter: 120_000 }, { maxRetryAfter: Infinity }])(
    'accepts with %j a wait above maxDelay',
    async (option) => {
      const { api, clock } = client([{ status: 503, headers: { 'retry-after': '90' } }, 200], {
        serverHints: { spread: 0 },
      });

      await api.get(URL, { retry: option });

      expect(clock.sleeps).toEqual([90_000]);
    },
  );

  it.each([{ methods: 'get' }, { methods: 7 }, { statusCodes: 503 }, { afterStatusCodes: 503 }])(
    'refuses %j',
    (option) => {
      expect(() => client(200).api.get(URL, { retry: option as never })).toThrow(/^retry: /);
    },
  );

  it('refuses a list', () => {
    expect(() => client(200).api.get(URL, { retry: [] as never })).toThrow(/^retry: /);
  });

  it('gives its condition the request, the options and the parser of the call', async () => {
    const seen: unknown[] = [];
    const sent: unknown[] = [];
    const { fetch } = client([{ status: 422, json: { a: 1 } }, 200]);
    const api = ky.create({
      fetch: (input, init) => {
        sent.push(input);
        return fetch(input, init);
      },
      hooks: retry({ clock: instantClock() }),
      context: { tenant: 't' },
      parseJson: (text) => ({ parsed: text }),
    });

    await api.get(URL, {
      retry: {
        shouldRetry: ({ error }) => {
          const { request, options, data } = error as HTTPError;
          seen.push(request, options.context, data);
          return true;
        },
      },
    });

    expect(seen).toEqual([sent[0], { tenant: 't' }, { parsed: '{"a":1}' }]);
    expect(seen[0]).toBe(sent[0]);
  });

  it.each([false, true])(
    'with a limit makes ky keep a stream for a call that may be repeated (PUT: %s)',
    async (put) => {
      const { api, fetch } = client([503, 200]);
      const methods = { methods: ['post', 'put'] as const };
      const body = () => new Blob(['streamed']).stream();

      await api(URL, {
        method: put ? 'put' : 'post',
        body: body(),
        retry: { limit: 1, ...(put ? {} : methods) } as never,
      });

      expect(fetch.calls.map((call) => call.body)).toEqual(['streamed', 'streamed']);
    },
  );

  it('with a limit keeps no stream of a call that is not repeated', async () => {
    const clone = vi.spyOn(Request.prototype, 'clone');

    await outcomeOf(client(503).api.post(URL, { body: new Blob(['x']).stream(), retry: 2 }));

    expect(clone).not.toHaveBeenCalled();
    clone.mockRestore();
  });
});
