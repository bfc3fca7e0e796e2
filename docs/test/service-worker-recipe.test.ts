import { fakeFetch } from '@steadfetch/testing';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

interface Snippet {
  onFetch(event: { request: Request; respondWith(response: Promise<Response>): void }): void;
}

/** What the recipe answers to a request, in front of this server. */
async function worker(
  server: typeof fetch,
): Promise<(init?: RequestInit, mode?: RequestMode) => Promise<Response> | undefined> {
  const { onFetch } = await importSnippet<Snippet>('recipes.md', 'respondWith', server);
  return (init, mode = 'cors') => {
    let answer: Promise<Response> | undefined;
    onFetch({
      request: Object.defineProperty(new Request('https://example.com/video.mp4', init), 'mode', { value: mode }),
      respondWith: (response) => {
        answer = response;
      },
    });
    return answer;
  };
}

it('the recipe for a service worker answers requests, and leaves parts of a video to the browser', async () => {
  const answerTo = await worker(fakeFetch(200));

  expect((await answerTo())?.status).toBe(200);
  expect(answerTo({ headers: { range: 'bytes=0-' } })).toBeUndefined();
});

it('the recipe for a service worker ends no upload and no slow answer that its page waits for', async () => {
  const server = fakeFetch([{ delay: 40_000, status: 200 }]);
  const answerTo = await worker(server);

  const report = answerTo();
  await vi.advanceTimersByTimeAsync(40_000);

  expect((await report)?.status).toBe(200);
  expect(server.requests).toHaveLength(1);
  expect(answerTo({ method: 'POST', body: 'a photo' })).toBeUndefined();
});

it('the recipe for a service worker sends a page that is opened as the browser made it, again after a 503', async () => {
  const statuses = [503, 200];
  const members: string[][] = [];
  const answerTo = await worker((_, init) => {
    members.push(Object.keys(init ?? {}));
    return Promise.resolve(new Response('', { status: statuses[members.length - 1]! }));
  });

  const page = answerTo({}, 'navigate');
  await vi.runAllTimersAsync();

  expect((await page)?.status).toBe(200);
  expect(members).toEqual([[], []]); // with any it is no navigation any more
});

it('the recipe for a service worker shows the page of a maintenance at once', async () => {
  const server = fakeFetch([{ status: 503, headers: { 'retry-after': '30' } }, 200]);
  const answerTo = await worker(server);

  const page = answerTo({}, 'navigate');
  await vi.advanceTimersByTimeAsync(0);

  expect(server.requests).toHaveLength(1);
  expect((await page)?.status).toBe(503);
});
