import { fakeFetch, instantClock, startServer } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type Clock, compose, historyOf, rateLimit, retry, retryBudget, standard } from '../src/index.ts';

const URL = 'https://api.example.com/orders';
const NOW = { status: 429, headers: { 'retry-after': '0' } };
const BUSY = { status: 503, headers: { 'retry-after': '1' } };

const stack = (clock: Clock, maxRetries: number, maxResends: number) =>
  compose(retry({ clock, maxRetries, budget: false }), rateLimit({ clock, maxResends, maxWait: 600_000 }));

describe('the retries and resends of a call', () => {
  it.each([
    [2, 10, 11],
    [2, 0, 3],
    [5, 2, 6],
    [0, 3, 4],
  ])('with %d retries and %d resends are at most as many as the larger number', async (retries, resends, sends) => {
    const fetch = fakeFetch([NOW]);

    const response = await stack(instantClock(), retries, resends)(fetch)(URL);

    expect(response.status).toBe(429);
    expect(fetch.calls).toHaveLength(sends);
  });

  it('are all in the history, and numbered in the events', async () => {
    const events: number[] = [];
    const clock = instantClock();
    const onRetry = ({ attempt }: { attempt: number }) => events.push(attempt);
    const retries = retry({ clock, budget: false, hooks: { onRetry } });
    const fetch = fakeFetch([{ ...NOW, headers: { 'retry-after': '2' } }, 500, 404]);

    const response = await compose(retries, rateLimit({ clock, random: () => 0 }))(fetch)(URL, { method: 'DELETE' });

    expect(historyOf(response)).toMatchObject([
      { attempt: 1, status: 429, delay: 2_001, delaySource: 'retry-after' },
      { attempt: 2, status: 500, delaySource: 'backoff' },
      { attempt: 3, status: 404 },
    ]);
    expect(events).toEqual([2]);
  });

  it('are in the history of a success, also without a retry', async () => {
    const clock = instantClock();
    const headers = { 'idempotency-key': '"k"' };

    const response = await stack(clock, 2, 10)(fakeFetch([NOW, 200]))(URL, { method: 'POST', headers });

    expect(historyOf(response)).toMatchObject([
      { attempt: 1, status: 429, idempotencyKey: '"k"' },
      { attempt: 2, status: 200, idempotencyKey: '"k"' },
    ]);
    expect(historyOf(await stack(clock, 2, 10)(fakeFetch([200]))(URL))).toBeUndefined();
  });

  it('that waited in the limiter cost the retry budget nothing', async () => {
    const clock = instantClock();
    const budget = retryBudget({ clock });
    const acquired: string[] = [];
    const counting = {
      ...budget,
      acquire: (key: string, kind: 'transient') => acquired.push(kind) && budget.acquire(key, kind),
    };
    const limited = compose(retry({ clock, budget: counting as never }), rateLimit({ clock }));

    await limited(fakeFetch([NOW, NOW, NOW, 200]))(URL);

    expect(acquired).toEqual([]);
  });

  it.each([
    ['retry: false', { retry: false }, NOW],
    ['a veto', {}, { status: 429, headers: { 'x-should-retry': 'false' } }],
  ])('are stopped by %s', async (_, init, answer) => {
    const fetch = fakeFetch([answer, 200]);

    const response = await standard({ rateLimit: true, clock: instantClock() })(fetch)(URL, init as RequestInit);

    expect(response.status).toBe(429);
    expect(fetch.calls).toHaveLength(1);
  });

  it.each([
    ['POST', {}, 1],
    ['POST', { 'idempotency-key': '"k"' }, 2],
    ['PUT', {}, 2],
  ])('are stopped by a redirect that was followed: %s with %o is sent %d times', async (method, headers, sends) => {
    let orders = 0;
    let reads = 0;
    await using server = await startServer(({ url }) => {
      if (url.endsWith('/orders')) return { status: 303, headers: { location: `/orders/${++orders}` } };
      return ++reads < 2 ? NOW : 200;
    });

    await standard({ rateLimit: true })(fetch)(`${server.url}/orders`, { method, headers, body: '{}' });

    expect(orders).toBe(sends);
  });

  it('are counted for a 503 that is not a limit too', async () => {
    const fetch = fakeFetch([BUSY, BUSY, BUSY, BUSY]);

    await stack(instantClock(), 1, 2)(fetch)(URL);

    expect(fetch.calls).toHaveLength(3);
  });
});
