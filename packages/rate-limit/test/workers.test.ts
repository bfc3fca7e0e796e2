import { compose, defineMiddleware } from '@steadfetch/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { request, runInWorkers } from '../../core/test/support/workers.ts';
import { rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const limit = { requests: 1, per: 300 };

runInWorkers();

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

it('lets all calls out in Workers where a request may not end the timer that another one has set', async () => {
  const abort = vi.spyOn(AbortController.prototype, 'abort').mockImplementation(() => {
    throw new Error('Cannot perform I/O on behalf of a different request.');
  });
  onTestFinished(() => void abort.mockRestore());
  let left = 5;
  setInterval(() => {
    left = Math.min(5, left + 1);
  }, 50);
  const refusal = { status: 429, headers: { 'retry-after': '1' } };
  const send = rateLimit({ proof: 'first', random: () => 0.5 })(async () => {
    const isAccepted = left > 0;
    if (isAccepted) left--;
    await new Promise((resolve) => setTimeout(resolve, 30));
    return isAccepted ? new Response('ok') : new Response('', refusal);
  });
  const statuses: number[] = [];

  for (let made = 0; made < 60; made += 3) {
    for (let n = 0; n < 3; n++) send(URL).then(({ status }) => statuses.push(status));
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(10_000);

  expect(statuses).toEqual(Array.from({ length: 60 }, () => 200));
  expect(abort).toHaveBeenCalled();
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

describe('after a request has ended in Workers', () => {
  const ok = async () => new Response('ok');
  const never = () => new Promise<Response>(() => {});

  it('its waiting calls are taken out, and those of others go on', async () => {
    const fetch = vi.fn(ok);
    const limited = rateLimit({ limit });
    const send = limited(fetch);
    await send(URL);
    const end = await request(() => [send(URL), send(URL), send(URL)]);
    end();

    const call = send(URL);
    await vi.advanceTimersByTimeAsync(1_700);

    expect((await call).status).toBe(200);
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(limited.snapshot()).toMatchObject([{ waiting: 0, inFlight: 0 }]);
  });

  it('its requests in flight hold back no others', async () => {
    const fetch = vi.fn(ok).mockImplementation(never);
    const limited = rateLimit();
    const send = limited(fetch);
    const end = await request(() => Array.from({ length: 1_000 }, () => send(URL)));
    expect(fetch.mock.calls.length).toBeLessThan(1_000);
    end();
    fetch.mockImplementation(ok);

    const call = send(URL);
    await vi.advanceTimersByTimeAsync(1_300);

    expect((await call).status).toBe(200);
    expect(limited.snapshot()).toMatchObject([{ waiting: 0, inFlight: 0 }]);
  });

  it('a call that passed and was never sent counts as not sent', async () => {
    let isSent = false;
    const limited = rateLimit({ limit: { requests: 1, per: 60_000 } });
    const send = compose(
      limited,
      defineMiddleware((call, next) => (isSent ? next(call) : never())),
    )(vi.fn(ok));
    const end = await request(() => [send(URL)]);
    end();
    isSent = true;

    const call = send(URL);
    await vi.advanceTimersByTimeAsync(1_400);

    expect((await call).status).toBe(200);
  });

  it.each(['answered', 'failed'])('a call that was taken for lost and is %s nevertheless counts once', async (how) => {
    const held: ((answer: Response | Promise<never>) => void)[] = [];
    const limited = rateLimit({ limit: { requests: 2, per: 60_000 } });
    const send = limited(() => new Promise<Response>((resolve) => held.push(resolve)));
    const ended: unknown[] = [];
    const end = await request(() => [
      send(URL).then(
        ({ status }) => ended.push(status),
        ({ message }) => ended.push(message),
      ),
    ]);
    end();
    void send(URL);
    await vi.advanceTimersByTimeAsync(1_300);
    expect(limited.snapshot()).toMatchObject([{ inFlight: 1 }]);

    held[0]!(how === 'failed' ? Promise.reject(new Error('late')) : new Response(null, { status: 204 }));
    await vi.advanceTimersByTimeAsync(0);

    expect(ended).toEqual([how === 'failed' ? 'late' : 204]);
    expect(limited.snapshot()).toMatchObject([{ inFlight: 1 }]);
  });

  it('a call that was taken for lost while it was held before it fails, and goes on nevertheless, is not sent', async () => {
    const held: (() => void)[] = [];
    const clock = { now: () => Date.now(), sleep: () => new Promise<void>((resolve) => held.push(resolve)) };
    const refusal = new Response(null, { status: 429, headers: { 'retry-after': '10' } });
    const fetch = vi.fn(never).mockImplementationOnce(() => vi.advanceTimersByTimeAsync(900).then(() => refusal));
    const limited = rateLimit({ maxWait: 5_000, clock });
    const send = limited(fetch);
    await send(URL);
    const ended = vi.fn();
    const end = await request(() => send(URL).catch(ended));
    end();
    limited.reset();
    void send(URL);
    await vi.advanceTimersByTimeAsync(1_300);

    for (const wake of held) wake();
    await vi.advanceTimersByTimeAsync(0);

    expect(ended).toHaveBeenCalledOnce();
    expect(limited.snapshot()).toMatchObject([{ inFlight: 1 }]);
  });
});
