import { compose, defineMiddleware } from '@steadfetch/core';
import { expect, it, vi } from 'vitest';
import { request, runInWorkers } from '../../core/test/support/workers.ts';
import { concurrency, QueueFullError } from '../src/index.ts';
import { heldFetch, URL } from './held-fetch.ts';

runInWorkers({ toFake: ['setInterval', 'clearInterval', 'performance'] });

it('frees the slots of calls whose request has ended', async () => {
  const fetch = heldFetch();
  const limited = concurrency(2, { maxQueue: 1 });
  const send = limited(fetch);
  const end = await request(() => [send(URL), send(URL)]);
  end();

  const call = send(`${URL}next`);
  await vi.advanceTimersByTimeAsync(1_300);

  expect(fetch.started).toHaveLength(3);
  await fetch.answer();
  await fetch.answer();
  await fetch.answer();
  expect((await call).status).toBe(200);
  expect(limited.snapshot()).toEqual({ active: 0, queued: 0 });
});

it('removes queued calls whose request has ended', async () => {
  const fetch = heldFetch();
  const limited = concurrency(1, { maxQueue: 2 });
  const send = limited(fetch);
  void send(`${URL}a`);
  const end = await request(() => [send(`${URL}b`), send(`${URL}c`)].map((call) => call.catch(() => {})));
  end();
  await expect(send(`${URL}full`)).rejects.toThrow(QueueFullError);

  await vi.advanceTimersByTimeAsync(1_300);
  void send(`${URL}d`);
  await fetch.answer();
  await vi.advanceTimersByTimeAsync(20);

  expect(fetch.started.map((url) => url.slice(-1)).join('')).toBe('ad');
  expect(limited.snapshot()).toEqual({ active: 1, queued: 0 });
});

it('passes on a slot that went to a call whose request had ended', async () => {
  const fetch = heldFetch();
  const limited = concurrency(1);
  const send = limited(fetch);
  void send(`${URL}a`);
  const end = await request(() => send(`${URL}b`).catch(() => {}));
  end();
  void send(`${URL}c`);

  await fetch.answer();
  await vi.advanceTimersByTimeAsync(1_300);

  expect(fetch.started.map((url) => url.slice(-1)).join('')).toBe('ac');
  expect(limited.snapshot()).toEqual({ active: 1, queued: 0 });
});

it('frees no slot twice if a call that seemed lost ends after all', async () => {
  const fetch = heldFetch();
  const limited = concurrency(2);
  const send = limited(fetch);
  const end = await request(() => void send(`${URL}a`));
  end();
  void send(`${URL}b`);
  await vi.advanceTimersByTimeAsync(1_300);
  expect(limited.snapshot()).toEqual({ active: 1, queued: 0 });

  await fetch.answer();

  expect(limited.snapshot()).toEqual({ active: 1, queued: 0 });
});

it('ends a call in Workers once, with the reason of its abort', async () => {
  const fetch = heldFetch();
  const limited = concurrency(1);
  const send = limited(fetch);
  void send(`${URL}a`);
  const controller = new AbortController();
  const end = await request(() => send(`${URL}b`, { signal: controller.signal }).catch(() => {}));
  controller.abort('enough');
  end();

  await vi.advanceTimersByTimeAsync(1_300);

  expect(limited.snapshot()).toEqual({ active: 1, queued: 0 });
});

it('frees the reserved slot of a resting call whose request has ended', async () => {
  const rests = defineMiddleware(async (call, next) => {
    if (!call.url.endsWith('rests')) return next(call);
    await next(call).catch(() => {});
    const resume = call.rest!();
    await held(URL);
    await resume();
    return next(call);
  });
  const fetch = heldFetch();
  const held = heldFetch();
  const limited = concurrency(1);
  const timed = defineMiddleware(async (call, next) => next(call.with({ remaining: () => 10_000 })));
  const send = compose(timed, limited, rests)(fetch);
  const end = await request(() => void send(`${URL}rests`));
  await fetch.answer(new Error('reset'));
  end();
  void send(`${URL}next`);
  expect(limited.snapshot()).toEqual({ active: 1, queued: 1 });

  await vi.advanceTimersByTimeAsync(1_300);
  await held.answer();

  expect(limited.snapshot()).toEqual({ active: 1, queued: 0 });
  await fetch.answer();
  expect(limited.snapshot()).toEqual({ active: 0, queued: 0 });
});
