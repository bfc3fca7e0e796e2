import { instantClock } from '@steadfetch/testing';
import { flaky } from '@steadfetch/testing/msw';
import ky from 'ky';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { retry } from '../src/index.ts';
import { URL } from './client.ts';

const server = setupServer();

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

it.each([true, false])(
  'gets through a flaky server behind the real fetch (throwHttpErrors: %s)',
  async (throwHttpErrors) => {
    const handler = flaky(URL, [
      503,
      'network-error',
      { status: 429, headers: { 'retry-after': '7' } },
      { json: { id: 1 } },
    ]);
    server.use(handler);
    const clock = instantClock();
    const hooks = retry({ maxRetries: 3, delay: () => 10, serverHints: { spread: 0 }, clock });

    const item = await ky
      .extend({ hooks, throwHttpErrors })
      .put(URL, { json: { id: 1 } })
      .json();

    expect(item).toEqual({ id: 1 });
    expect(handler.calls.map((call) => call.body)).toEqual(Array(4).fill('{"id":1}'));
    expect(clock.sleeps).toEqual([10, 10, 7_000]);
  },
);
