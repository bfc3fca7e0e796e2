import { fakeFetch, instantClock } from '@steadfetch/testing';
import ky, { type Options } from 'ky';
import { describe, expect, it } from 'vitest';
import { retry } from '../src/index.ts';
import { client, outcomeOf, recorder, URL } from './client.ts';

describe('extend', () => {
  it('repeats calls of an instance made from an instance, with the options of both', async () => {
    const { api, fetch } = client([503, 200]);
    const child = api.extend({ headers: { 'x-app': 'a' } }).extend({ prefix: 'https://api.example.com' });

    await child.get('items');

    expect(fetch.calls.map((call) => call.headers.get('x-app'))).toEqual(['a', 'a']);
  });

  it('takes retry() in place of options that have it as hooks, which only JavaScript allows', async () => {
    const fetch = fakeFetch([425, 200]); // which plain ky does not repeat
    const api = ky.create({ fetch }).extend(retry({ clock: instantClock() }) as Options);

    expect((await api.get(URL)).status).toBe(200);
  });

  it('lets the last of several retry() speak, and does not multiply them', async () => {
    const outer = recorder();
    const { api, fetch } = client(503, { maxRetries: 5, hooks: outer.hooks });
    const inner = recorder();
    const child = api.extend({ hooks: retry({ maxRetries: 1, hooks: inner.hooks, clock: instantClock() }) });

    await outcomeOf(child.get(URL));

    expect(fetch.calls).toHaveLength(2);
    expect(outer.told).toEqual([]);
    expect(inner.told.map(([name]) => name)).toEqual(['retry', 'give up']);
  });

  it('tells once when the same hooks are given twice', async () => {
    const { hooks, told } = recorder();
    const fetch = fakeFetch([503, 200]);
    const twice = retry({ hooks, clock: instantClock() });

    await ky.create({ fetch, hooks: twice }).extend({ hooks: twice }).get(URL);

    expect(fetch.calls).toHaveLength(2);
    expect(told.map(([name]) => name)).toEqual(['retry', 'recover']);
  });

  it('needs no other hooks to be there', () => {
    const options: Options = { hooks: retry() };

    options.hooks!.init![0]!(options);

    expect(options.hooks).toMatchObject({
      beforeRequest: [expect.any(Function), expect.any(Function)],
      beforeRetry: [expect.any(Function)],
      beforeError: [expect.any(Function)],
    });
  });

  it('keeps concurrent calls apart', async () => {
    const { hooks, told } = recorder();
    const seen = new Map<string, number>();
    const { api } = client(
      ({ url }) => {
        seen.set(url, (seen.get(url) ?? 0) + 1);
        return seen.get(url)! > Number(url.at(-1)) ? 200 : 503;
      },
      { maxRetries: 5, budget: false, hooks },
    );

    await Promise.all([0, 1, 2, 3].map((failures) => api.get(`${URL}/${failures}`)));

    expect([...seen.values()]).toEqual([1, 2, 3, 4]);
    expect(told.filter(([name]) => name === 'recover').map(([, event]) => event.attempts)).toEqual([2, 3, 4]);
  });

  it('shares one budget between the calls of an instance', async () => {
    let left = 1;
    const budget = { acquire: () => (left-- > 0 ? { release: () => {} } : undefined), record: () => {} };
    const { api, fetch } = client(503, { budget });

    await Promise.all([outcomeOf(api.get(URL)), outcomeOf(api.get(URL, { retry: { limit: 5 } }))]);

    expect(fetch.calls).toHaveLength(3);
  });

  it('tells the budget of each call before it is sent, once something has failed', async () => {
    const told: string[] = [];
    const budget = {
      acquire: () => ({ release: () => {} }),
      begin: () => told.push('begin'),
      record: (_: string, outcome: string, attempt?: number) => told.push(`${outcome} ${attempt}`),
    };
    const { api } = client([503, 200, 200], { budget });

    await outcomeOf(api.get(URL));
    await outcomeOf(api.get(URL));

    expect(told).toEqual(['failure 1', 'success 2', 'begin', 'success 1']);
  });
});
