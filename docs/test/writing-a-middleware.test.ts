import { contractChecks, fakeFetch, instantClock } from '@steadfetch/testing';
import type { Middleware } from 'steadfetch';
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
