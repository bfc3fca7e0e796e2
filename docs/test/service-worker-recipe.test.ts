import { fakeFetch } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { importSnippet } from './import-snippet.ts';

interface Snippet {
  onFetch(event: { request: Request; respondWith(response: Promise<Response>): void }): void;
}

it('the recipe for a service worker answers requests, and leaves parts of a video to the browser', async () => {
  const { onFetch } = await importSnippet<Snippet>('recipes.md', 'respondWith', fakeFetch(200));
  const answerTo = (headers: HeadersInit) => {
    let answer: Promise<Response> | undefined;
    onFetch({
      request: new Request('https://example.com/video.mp4', { headers }),
      respondWith: (response) => {
        answer = response;
      },
    });
    return answer;
  };

  expect((await answerTo({}))?.status).toBe(200);
  expect(answerTo({ range: 'bytes=0-' })).toBeUndefined();
});
