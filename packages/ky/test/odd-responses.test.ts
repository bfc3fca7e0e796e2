import { Readable } from 'node:stream';
import { historyOf } from '@steadfetch/retry';
import { instantClock } from '@steadfetch/testing';
import ky from 'ky';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { outcomeOf, recorder, URL } from './client.ts';

const textThroughRetry = (fetch: typeof globalThis.fetch) =>
  ky
    .create({ fetch, hooks: retry({ clock: instantClock() }) })
    .get(URL)
    .text();

describe('a response', () => {
  it('with a reason phrase that no Response can be made with is retried', async () => {
    const odd = () =>
      Object.defineProperty(new Response('busy', { status: 503 }), 'statusText', { value: 'Недоступен' });
    const fetch = vi.fn().mockResolvedValueOnce(odd()).mockResolvedValue(new Response('ok'));

    expect(await textThroughRetry(fetch)).toBe('ok');
  });

  it.each([true, false])('of another make is retried (throwHttpErrors: %s)', async (throwHttpErrors) => {
    const duck = (status: number, text: string) => {
      const headers = new Headers({ 'content-type': 'text/plain' });
      return { status, ok: status < 400, statusText: '', headers, url: URL, body: null, text: async () => text };
    };
    const fetch = vi.fn().mockResolvedValueOnce(duck(503, 'busy')).mockResolvedValue(duck(200, 'ok'));
    const { hooks, told } = recorder();
    const api = ky.create({ fetch: fetch as never, throwHttpErrors, hooks: retry({ clock: instantClock(), hooks }) });

    expect(await api.get(URL).text()).toBe('ok');
    expect(told.map(([name]) => name)).toEqual(['retry', 'recover']);
  });

  it('of another make ends in its HTTPError, with the history', async () => {
    const duck = {
      status: 503,
      ok: false,
      statusText: '',
      headers: new Headers(),
      body: null,
      text: async () => 'busy',
    };
    const afterResponse = vi.fn();
    const api = ky.create({
      fetch: async () => duck as never,
      hooks: { ...retry({ clock: instantClock() }), afterResponse: [afterResponse] },
    });

    const error = await outcomeOf(api.get(URL));

    expect(error.response).toBe(duck);
    expect(error.data).toBe('busy');
    expect(historyOf(error)).toHaveLength(3);
    expect(afterResponse).not.toHaveBeenCalled();
  });

  it('that cannot be copied is retried all the same', async () => {
    const headers = { get: () => null, 'not a name': '' };
    const odd = { status: 503, ok: false, statusText: '', headers, body: null, [Symbol.toStringTag]: 'Response' };
    const fetch = vi.fn().mockResolvedValueOnce(odd).mockResolvedValue(new Response('ok'));

    expect(await textThroughRetry(fetch)).toBe('ok');
  });

  it.each([{}, { shouldRetry: () => undefined }])(
    'whose body is a stream of Node can be read (%j)',
    async (options) => {
      const body = (text: string) => Object.assign(Readable.from([text]), { text });
      const nodeResponse = (status: number, text: string) => ({
        ...{ status, ok: status < 400, statusText: '', headers: new Headers(), url: URL, body: body(text) },
        text: async () => text,
        clone: () => nodeResponse(status, text),
        [Symbol.toStringTag]: 'Response',
      });
      const fetch = vi.fn().mockResolvedValueOnce(nodeResponse(503, 'busy')).mockResolvedValue(nodeResponse(200, 'ok'));

      expect(
        await ky
          .create({ fetch, hooks: retry({ clock: instantClock(), ...options }) })
          .get(URL)
          .text(),
      ).toBe('ok');
    },
  );
});
