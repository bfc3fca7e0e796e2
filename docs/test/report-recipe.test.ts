import { fakeFetch, instantClock } from '@steadfetch/testing';
import { type Middleware, timeout } from 'steadfetch';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

type Report = (url: string, signal: AbortSignal) => Promise<Response>;

it('asks for a report where the server says it will be, when it says so, and retries a question that fails', async () => {
  const server = fakeFetch([
    { status: 202, headers: { location: '/jobs/1', 'retry-after': '30' } },
    { status: 202, headers: { 'retry-after': '0' } },
    503,
    { body: 'report' },
  ]);
  const { report } = await importSnippet<{ report: Report }>('recipes-apis.md', 'function report(', server);

  const end = report('https://api.test/reports', new AbortController().signal);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(server.requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);

  expect(await (await end).text()).toBe('report');
  const sent = server.requests.map(({ method, url }) => `${method} ${url}`);
  expect(sent).toEqual(['POST https://api.test/reports', ...new Array(3).fill('GET https://api.test/jobs/1')]);
});

it('ends the wait for a report when its caller has gone', async () => {
  const server = fakeFetch([{ status: 202, headers: { 'retry-after': '3600' } }]);
  const { report } = await importSnippet<{ report: Report }>('recipes-apis.md', 'function report(', server);
  const gone = new AbortController();

  const end = report('https://api.test/reports', gone.signal);
  await vi.advanceTimersByTimeAsync(1_000);
  gone.abort('gone');

  await expect(end).rejects.toBe('gone');
  expect(server.requests).toHaveLength(1);
});

it('tells the server how much time a call has, and of a call without a limit nothing', async () => {
  const server = fakeFetch(200);
  const { timeLeft } = await importSnippet<{ timeLeft: Middleware }>('recipes-server.md', 'x-time-left', server);

  await timeout(5_000, { clock: instantClock() })(timeLeft(server))('https://api.test/');
  await timeLeft(server)('https://api.test/');

  expect(server.requests.map(({ headers }) => new Headers(headers).get('x-time-left'))).toEqual(['5000', null]);
});
