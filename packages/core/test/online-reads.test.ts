import { compose, defineMiddleware } from '@steadfetch/core';
import { describe, expect, it, vi } from 'vitest';
import { browser } from './support/browser.ts';

const URL = 'https://api.test/x';

describe('online, after an answer that may come from a cache', () => {
  it('sends no POST after a GET was answered, and all calls after another method was', async () => {
    const { api, clock, sent, told } = browser({ says: false, network: true });
    const calls = [
      api(URL),
      api(URL),
      api(URL, { method: 'HEAD' }),
      api(URL, { method: 'POST' }),
      api(URL, { method: 'POST' }),
    ];
    await clock.advance(14_999);
    expect(sent).toEqual(['GET', 'GET', 'HEAD']);

    await clock.advance(30);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const put = api(URL, { method: 'PUT' });
    await clock.advance(10);
    expect((await put).status).toBe(200);
    expect(told().slice(-3)).toEqual(['start', 'attempt', 'end']);
    expect(clock.pending).toBe(0);
  });

  it('returns the answer of a cache at once, and sends at most two calls in vain', async () => {
    const { clock, layer, server } = browser({ says: false, network: false });
    const network = vi.fn(server);
    const api = layer(async (input, init) => (`${input}`.includes('cached') ? new Response() : network(input, init)));
    for (let n = 0; n < 20; n++) void api(URL);
    void api(URL, { method: 'POST' });
    await clock.advance(10);
    expect(network).toHaveBeenCalledTimes(20);

    expect((await api('https://api.test/cached')).status).toBe(200);
    await clock.advance(10_000);
    expect(network).toHaveBeenCalledTimes(22);
  });

  it.each(['GET', 'HEAD'])(
    'soon sends all calls that can be repeated, and reads, after a %s was answered',
    async (method) => {
      const { clock, layer, sent, server, state } = browser({ says: false, network: false });
      const api = layer(server);
      const off = compose(
        defineMiddleware((call, next) => next(call.with({ retried: 'off' }))),
        layer,
      )(server);
      const calls = Array.from({ length: 20 }, () => api(URL));
      calls.push(off(URL));
      const posts = [api(URL, { method: 'POST' }), off(URL, { method: 'PUT' })];
      await clock.advance(10);
      sent.length = 0;

      state.network = true;
      void api(URL, { method });
      await clock.advance(60);
      expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(21).fill(200));
      expect(sent).toHaveLength(22);

      await clock.advance(15_000);
      expect((await Promise.all(posts)).map(({ status }) => status)).toEqual([200, 200]);
      expect(clock.pending).toBe(0);
    },
  );

  it('sends a PUT again after a read was answered, and releases all calls after the answer to that', async () => {
    const { api, clock, sent, state } = browser({ says: false, network: false });
    const calls = [api(URL, { method: 'POST' }), api(URL, { method: 'PUT' })];
    await clock.advance(10);
    state.network = true;
    calls.push(api(URL));
    await clock.advance(30);

    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(sent).toEqual(['PUT', 'GET', 'PUT', 'POST']);
  });

  it('sends waiting calls after the answer to a read, if there is no online event', async () => {
    const { api, clock, listeners, state } = browser({ says: false, network: true });
    const calls = [api(URL), api(URL, { method: 'POST' })];
    state.says = true;
    await clock.advance(20);

    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
    expect([listeners.count, clock.pending]).toEqual([0, 0]);
  });
});
