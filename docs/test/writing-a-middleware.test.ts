import { contractChecks, fakeFetch, instantClock } from '@steadfetch/testing';
import { VirtualTime } from '@steadfetch/testing/simulation';
import { compose, concurrency, type Middleware, rateLimit } from 'steadfetch';
import type { Clock } from 'steadfetch/kit';
import { describe, expect, it, vi } from 'vitest';
import { importCode, snippetOf } from './import-snippet.ts';

type Make = (...values: unknown[]) => Middleware;

/** What makes the middleware of this name. */
async function ofThePage(name: string): Promise<Make> {
  const code = snippetOf('writing-a-middleware.md', `function ${name}(`);
  const exported = importCode<Record<string, Make>>(
    code.replaceAll(/'@steadfetch\/core(\/kit)?'/g, `'steadfetch/kit'`),
    fakeFetch(200),
  );
  const make = (await exported)[name]!;
  vi.useRealTimers();
  return make;
}

describe('a middleware of the page', () => {
  it.each<[string, () => unknown[]]>([
    ['bearerToken', () => [async () => 'token']],
    ['onFailures', () => [3, () => undefined]],
    ['pace', () => [{ clock: instantClock() }]],
    ['onceMore', () => [instantClock()]],
    ['renewedToken', () => [async () => 'token', instantClock()]],
    ['eachId', () => []],
  ])('%s keeps the contract', async (name, values) => {
    const make = await ofThePage(name);

    for (const check of Object.values(contractChecks)) await check(() => make(...values()));
  });

  it('asks for each id with all that was asked beside it', async () => {
    const server = fakeFetch({ json: 1 });
    const eachId = await ofThePage('eachId');

    await eachId()(server)('https://api.example.com/items?id=1&from=/a?b&fields=name&id=2#id=3');
    await eachId()(server)('https://api.example.com/items#?id=1&id=2');

    const asked = server.requests.map(({ url }) => new URL(url).search);
    expect(asked).toEqual(['?id=1&from=%2Fa%3Fb&fields=name', '?id=2&from=%2Fa%3Fb&fields=name', '']);
  });

  it.each<[string, (clock: Clock) => Middleware]>([
    ['a slot', () => concurrency(1, { maxQueue: Infinity })],
    ['its turn', (clock) => rateLimit({ limit: { requests: 1, per: 10_000 }, maxWait: 600_000, clock })],
  ])('bearerToken sends a token that is valid when a call has waited for %s', async (_, line) => {
    const time = new VirtualTime(Date.UTC(2025, 0, 1));
    const minute = () => String(Math.floor(time.elapsed / 60_000));
    const server = async (_: RequestInfo | URL, init?: RequestInit) => {
      const isValid = new Headers(init?.headers).get('authorization') === `Bearer ${minute()}`;
      await time.sleep(9_000);
      return new Response(null, { status: isValid ? 200 : 401 });
    };
    const bearerToken = await ofThePage('bearerToken');
    const steady = compose(
      line(time),
      bearerToken(async () => minute()),
    )(server);

    const calls = Promise.all(Array.from({ length: 12 }, () => steady('https://api.example.com/')));
    await time.run(600_000);

    expect((await calls).filter((response) => response.ok)).toHaveLength(12);
  });

  it('renewedToken asks for one token for all calls that get a 401, sends each body again, and asks anew where none came', async () => {
    const server = fakeFetch(({ headers }) => (headers.get('authorization') === 'Bearer 2' ? 200 : 401));
    const renew = vi.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce('1').mockResolvedValue('2');
    const steady = (await ofThePage('renewedToken'))(renew)(server);
    const put = (body: string) => steady(new Request('https://api.example.com/', { method: 'PUT', body }));

    await expect(put('first')).rejects.toThrow('away');
    const answers = await Promise.all(['a', 'b', 'c'].map(put));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(server.requests.map(({ body }) => body)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
    expect(renew).toHaveBeenCalledTimes(3);
  });

  it('leaves no answer open for an id where that for another fails', async () => {
    const failed = new TypeError('fetch failed');
    const cancelled = vi.fn();
    const server = async (url: RequestInfo | URL) => {
      if (String(url).includes('id=1')) throw failed;
      return new Response(new ReadableStream({ cancel: cancelled }));
    };
    const eachId = await ofThePage('eachId');

    await expect(eachId()(server)('https://api.example.com/items?id=1&id=2')).rejects.toBe(failed);
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce());
  });
});
