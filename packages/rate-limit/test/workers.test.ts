import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const limit = { requests: 1, per: 300 };

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('lets a call out in Workers although the timer of the gate is gone with the request that has set it', async () => {
  const clock = { now: () => Date.now(), sleep: () => new Promise<void>(() => {}) };
  const fetch = vi.fn(async () => new Response('ok'));
  const limited = rateLimit({ limit, clock })(fetch);
  const calls = [limited(URL), limited(URL), limited(URL)];

  await vi.advanceTimersByTimeAsync(280);
  expect(fetch).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(420);

  expect(fetch).toHaveBeenCalledTimes(3);
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(vi.getTimerCount()).toBe(0);
});

it('ends a call in Workers with the reason of its abort', async () => {
  const limited = rateLimit({ limit })(async () => new Response('ok'));
  const controller = new AbortController();
  await limited(URL);
  const call = limited(URL, { signal: controller.signal }).catch((error: unknown) => error);

  controller.abort('enough');
  await vi.advanceTimersByTimeAsync(20);

  expect(await call).toBe('enough');
});
