import { fakeFetch } from '@steadfetch/testing';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

interface Snippet {
  onFetch(event: { request: Request; respondWith(response: Promise<Response>): void }): void;
}

/** What the recipe answers to a request, in front of this server. */
async function worker(server: typeof fetch): Promise<(init?: RequestInit) => Promise<Response> | undefined> {
  const { onFetch } = await importSnippet<Snippet>('recipes.md', 'respondWith', server);
  return (init) => {
    let answer: Promise<Response> | undefined;
    onFetch({
      request: new Request('https://example.com/video.mp4', init),
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
