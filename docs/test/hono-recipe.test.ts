import { fakeFetch, type Script } from '@steadfetch/testing';
import type { Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

/** The app of the page, in front of an API that answers so, with a route that has a mistake and one that wants a token. */
async function appOf(script: Script): Promise<Hono> {
  const { default: app } = await importSnippet<{ default: Hono }>(
    'recipes-server.md',
    'app.onError(',
    vi.fn(fakeFetch(script)),
  );
  app.get('/mistake', () => {
    throw new Error('a mistake in this program');
  });
  return app.get('/secret', bearerAuth({ token: 'abc' }));
}

it('hands on what the API answers, with its type', async () => {
  const app = await appOf({ json: { year: 2025 } });

  const response = await app.request('/report');

  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(await response.json()).toEqual({ year: 2025 });
});

it('answers with the status that suits the error', async () => {
  const app = await appOf({ error: 'ECONNREFUSED' });
  const log = vi.spyOn(console, 'error').mockReturnValue(undefined);

  const answers = Promise.all(['/report', '/mistake', '/secret'].map((path) => app.request(path)));
  await vi.advanceTimersByTimeAsync(5_000);

  expect((await answers).map(({ status }) => status)).toEqual([502, 500, 401]);
  expect(log).toHaveBeenCalledExactlyOnceWith(new Error('a mistake in this program'));
});

it('answers that the API took too long', async () => {
  const app = await appOf({ fault: 'stall-headers' });

  const answer = app.request('/report');
  await vi.advanceTimersByTimeAsync(40_000);

  expect((await answer).status).toBe(504);
});

it('says when to come back while the circuit is open', async () => {
  const app = await appOf(503);
  const calls = Array.from({ length: 600 }, async (_, index) => {
    await new Promise((resolve) => setTimeout(resolve, index * 100));
    return app.request('/report');
  });
  await vi.advanceTimersByTimeAsync(90_000);

  const refused = (await Promise.all(calls)).find(({ status }) => status === 503);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
});
