import { afterEach, expect, it, vi } from 'vitest';
import { rateLimit } from '../src/index.ts';

const fake = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });

afterEach(() => {
  vi.useRealTimers();
});

it('a call is sent although fake timers took along that of another call, which waits', async () => {
  const limited = vi.fn(async () => new Response(null, { status: 429, headers: { 'retry-after': '30' } }));
  const server = vi.fn<typeof fetch>(limited);
  const paced = rateLimit()(server);
  fake();
  void paced('https://api.test/things');
  await vi.advanceTimersByTimeAsync(1_000);
  vi.useRealTimers();

  fake();
  server.mockImplementation(async () => new Response());
  const call = paced('https://api.test/things');
  await vi.advanceTimersByTimeAsync(120_000);

  expect(await Promise.race([call, 'it waits'])).toMatchObject({ status: 200 });
});
