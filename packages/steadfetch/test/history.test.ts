import { manualClock, startServer } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { compose, type Fetch, historyOf, retry, standard, timeout } from '../src/index.ts';

const URL = 'https://api.test/';

describe('the history of a call', () => {
  it('can be read from the error of an outer timeout, which gets nothing from inner layers', async () => {
    const clock = manualClock();
    let sends = 0;
    const hanging: Fetch = () =>
      ++sends === 1 ? Promise.resolve(new Response(null, { status: 503 })) : new Promise(() => {});
    const steady = compose(timeout(100, { clock }), retry({ clock, budget: false, delay: () => 1 }))(hanging);
    const known = steady(URL, { method: 'DELETE' }).catch((error) => historyOf(error));

    for (let step = 0; step < 20; step++) await clock.advance(10);

    expect(await known).toMatchObject([{ attempt: 1, status: 503 }]);
  });

  it('can be read from the abort reason if the caller aborts during a wait below an outer timeout', async () => {
    const ending = new AbortController();
    const clock = manualClock();
    const steady = standard({ clock, retry: { budget: false } })(async () => new Response(null, { status: 503 }));
    const known = steady(URL, { signal: ending.signal }).catch((error) => [error, historyOf(error)]);
    await clock.advance(100);
    const reason = new Error('the user left');
    ending.abort(reason);

    expect(await known).toMatchObject([reason, [{ attempt: 1, status: 503 }]]);
  });

  it('can be read from the copy of the response that a call with a signal returns', async () => {
    await using server = await startServer([503, { status: 404, body: 'gone' }]);
    const { signal } = new AbortController();

    const response = await standard({ retry: { delay: () => 1 } })(fetch)(server.url, { method: 'DELETE', signal });

    expect(historyOf(response)?.map(({ status }) => status)).toEqual([503, 404]);
  });
});

it('a call ends in time if making its key takes too long', async () => {
  const clock = manualClock();
  const steady = standard({ clock, timeout: 100, idempotencyKey: { generate: () => new Promise(() => {}) } })(fetch);
  const call = steady(URL, { method: 'POST' }).catch((error) => error.name);

  for (let step = 0; step < 20; step++) await clock.advance(10);

  expect(await call).toBe('TimeoutError');
});

it.each(['Idempotency-Key', 'X-Request-Id'])('a key in %s counts in every layer', async (header) => {
  const replies = [new Response(new ReadableStream({ pull: () => Promise.reject(new TypeError('terminated')) }))];
  const told: unknown[] = [];
  const steady = standard({
    idempotencyKey: { header },
    bufferBody: true,
    retry: { delay: () => 0, hooks: { onRetry: ({ idempotencyKey }) => void told.push(idempotencyKey) } },
  })(async () => replies.pop() ?? new Response('ok'));

  const response = await steady(URL, { method: 'POST', body: 'x' });

  expect(await response.text()).toBe('ok');
  expect(told).toEqual([expect.stringMatching(/^"/)]);
});
