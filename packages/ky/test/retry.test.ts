import { peek } from '@steadfetch/core';
import { historyOf, type RetryOptions } from '@steadfetch/retry';
import { instantClock } from '@steadfetch/testing';
import ky, { HTTPError, NetworkError, TimeoutError } from 'ky';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { client, outcomeOf, URL } from './client.ts';

describe('retry', () => {
  it('repeats a call while it looks transient', async () => {
    const { api, fetch, clock } = client([503, 'network-error', { json: { id: 1 } }], { delay: () => 250 });

    expect(await api.get(URL).json()).toEqual({ id: 1 });
    expect(fetch.calls).toHaveLength(3);
    expect(clock.sleeps).toEqual([250, 250]);
  });

  it('needs no performance timer, as ky does not', async () => {
    const { api, fetch } = client(['network-error', 200]);
    vi.stubGlobal('performance', undefined);

    const { status } = await api.get(URL).finally(() => vi.unstubAllGlobals());

    expect(status).toBe(200);
    expect(fetch.calls).toHaveLength(2);
  });

  it('repeats a call that got no permit, was held as long as the server asked, and gets one then', async () => {
    const budget: RetryOptions['budget'] = {
      acquire: (_key, kind) => (kind.startsWith('held') ? { release: () => {} } : undefined),
      record: () => {},
    };
    const refused = { status: 429, headers: { 'retry-after': '2' } };
    const { api, fetch, clock } = client([refused, { json: { id: 1 } }], { budget, serverHints: { spread: 0 } });
    vi.spyOn(console, 'warn').mockImplementationOnce(() => {});

    expect(await api.get(URL).json()).toEqual({ id: 1 });
    expect(fetch.calls).toHaveLength(2);
    expect(clock.sleeps[0]).toBe(2_000);
  });

  it('throws the HTTPError of the last response, with its data, when the retries are used up', async () => {
    const { api, fetch } = client([503, 503, { status: 500, json: { code: 'down' } }]);

    const error = await outcomeOf(api.get(URL));

    expect(error).toBeInstanceOf(HTTPError);
    expect(error.response.status).toBe(500);
    expect(error.data).toEqual({ code: 'down' });
    expect(fetch.calls).toHaveLength(3);
  });

  it('throws the last network error as ky wraps it', async () => {
    const { api } = client('network-error', { maxRetries: 1 });

    const error = await outcomeOf(api.get(URL));

    expect(error).toBeInstanceOf(NetworkError);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('leaves a first attempt that succeeds alone', async () => {
    const onRecover = vi.fn();
    const { api, clock } = client({ body: 'fine' }, { hooks: { onRecover } });

    const response = await api.get(URL);

    expect(await response.text()).toBe('fine');
    expect(historyOf(response)).toBeUndefined();
    expect(onRecover).not.toHaveBeenCalled();
    expect(clock.sleeps).toEqual([]);
  });

  it('does not retry a 404', async () => {
    const { api, fetch } = client([404, 200]);

    await expect(api.get(URL)).rejects.toThrow('404');
    expect(fetch.calls).toHaveLength(1);
  });

  it('sends the body again, byte for byte', async () => {
    const { api, fetch } = client([503, 'network-error', 200]);

    await api.put(URL, { json: { name: 'ä' } });

    expect(fetch.calls.map((call) => call.body)).toEqual(Array(3).fill('{"name":"ä"}'));
  });

  it('sends the body of a Request again when the method allows it', async () => {
    const { api, fetch } = client([503, 'network-error', 200]);

    await api(new Request(URL, { method: 'PUT', body: 'kept' }));

    expect(fetch.calls.map((call) => call.body)).toEqual(['kept', 'kept', 'kept']);
  });

  it('repeats methods that ky does not know', async () => {
    const { api, fetch } = client(['network-error', 200], { methods: ['PROPFIND'] });

    await api(URL, { method: 'PROPFIND' });

    expect(fetch.calls).toHaveLength(2);
  });

  it('asks inspect about responses below 400', async () => {
    const inspect = async (response: Response) => (await response.clone().text()).includes('error');
    const { api, fetch } = client([{ body: 'error' }, { body: 'fine' }], { inspect });

    expect(await api.get(URL).text()).toBe('fine');
    expect(fetch.calls).toHaveLength(2);
  });

  it('asks shouldRetry, which can look into the body and leave it readable', async () => {
    const { api, fetch } = client(
      [
        { status: 422, json: { retry: true } },
        { status: 422, json: { retry: false } },
      ],
      {
        shouldRetry: async ({ response }) => JSON.parse(await peek(response!)).retry,
      },
    );

    const error = await outcomeOf(api.get(URL));

    expect(error.data).toEqual({ retry: false });
    expect(fetch.calls).toHaveLength(2);
  });

  it.each([true, false])('throws what shouldRetry throws (throwHttpErrors: %s)', async (throwHttpErrors) => {
    const mistake = new Error('mistake');
    const shouldRetry = () => {
      throw mistake;
    };
    const { api } = client(503, { shouldRetry });

    expect(await outcomeOf(api.get(URL, { throwHttpErrors }))).toBe(mistake);
  });

  it('retries a timeout of one attempt', async () => {
    const { api, fetch, clock } = client([{ fault: 'stall-headers' }, { fault: 'stall-headers' }, 200], {
      delay: () => 9,
    });

    await api.get(URL, { timeout: 5 });

    expect(fetch.calls).toHaveLength(3);
    expect(clock.sleeps).toEqual([0, 9]);
  });

  it('throws the timeout of ky when timeouts are not retried', async () => {
    const { api } = client({ fault: 'stall-headers' }, { timeouts: false });

    await expect(api.get(URL, { timeout: 5 })).rejects.toBeInstanceOf(TimeoutError);
  });

  it('stops at the budget', async () => {
    const onGiveUp = vi.fn();
    const budget = { acquire: () => undefined, record: () => {} };
    const { api, fetch } = client(503, { budget, hooks: { onGiveUp } });

    await expect(api.get(URL)).rejects.toThrow('503');
    expect(fetch.calls).toHaveLength(1);
    expect(onGiveUp).toHaveBeenCalledWith(expect.objectContaining({ reason: 'budget' }));
  });

  it('decides by throwHttpErrors per status when it is a function', async () => {
    const throwHttpErrors = (status: number) => status !== 503;

    const response = await client(503).api.get(URL, { throwHttpErrors });

    expect(response.status).toBe(503);
    await expect(client(500).api.get(URL, { throwHttpErrors })).rejects.toThrow('500');
  });

  it('retries a status beyond 599 that is listed', async () => {
    class Odd extends Response {
      override readonly status = 999;
      override readonly ok = false;
      override clone() {
        return new Odd();
      }
    }
    const fetch = vi.fn().mockResolvedValueOnce(new Odd()).mockResolvedValue(new Response());
    const api = ky.create({ fetch, hooks: retry({ clock: instantClock(), statuses: [999] }) });

    expect((await api.get(URL)).status).toBe(200);
  });
});
