import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { defineMiddleware, systemClock } from '@steadfetch/core';
import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import ky, { TimeoutError } from 'ky';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { client, outcomeOf, recorder, URL, virtualTime } from './client.ts';

const REASONS = [new Error('leave'), 'leave', null, new DOMException('leave', 'AbortError')];

describe('abort', () => {
  it.each(REASONS)('ends the wait at once with the reason (%s), gives the token back and is told', async (reason) => {
    const { controller, clock, release, told, options } = setUp();
    const { api, fetch } = client(503, options);
    const call = api.get(URL, { signal: controller.signal }).catch((error: unknown) => ({ error }));
    await clock.advance(10);

    controller.abort(reason);

    expect(await call).toEqual({ error: reason });
    expect(clock.pending).toBe(0);
    expect(release).toHaveBeenCalledTimes(1);
    expect(told.map(([name, event]) => [name, event.reason])).toEqual([
      ['retry', 'status'],
      ['give up', 'aborted'],
    ]);
    expect(fetch.calls).toHaveLength(1);
  });

  it('ends the wait after a network error, also by the signal of a Request', async () => {
    const { controller, clock, release, options } = setUp();
    const { api } = client('network-error', options);
    const call = outcomeOf(api(new Request(URL, { signal: controller.signal })));
    await clock.advance(10);
    const reason = new Error('leave');

    controller.abort(reason);

    expect(await call).toBe(reason);
    expect(release).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  it("ends the wait by the signal of a Request also when ky's timeout would be over", async () => {
    const { controller, clock, options } = setUp();
    const { api } = client(503, options);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const call = outcomeOf(api(new Request(URL, { signal: controller.signal })));
    await clock.advance(10);
    await vi.advanceTimersByTimeAsync(60_000);
    const reason = new Error('leave');

    controller.abort(reason);
    await clock.advance(0);

    expect(clock.pending).toBe(0);
    expect(await call).toBe(reason);
  });

  it('in flight is not retried', async () => {
    const { controller, told, options } = setUp();
    const { api, fetch } = client({ fault: 'stall-headers' }, options);
    const call = outcomeOf(api.get(URL, { signal: controller.signal }));
    await vi.waitFor(() => expect(fetch.calls).toHaveLength(1));
    const reason = new Error('leave');

    controller.abort(reason);

    expect(await call).toBe(reason);
    expect(told).toEqual([]);
  });

  it('of the last attempt is shown to beforeError hooks, which may replace the error', async () => {
    const { controller, options } = setUp();
    const { api, fetch } = client({ fault: 'stall-headers' }, options);
    const reason = new Error('leave');
    const shown: unknown[] = [];
    const replace = ({ error }: { error: Error }) => {
      shown.push(error);
      return new Error('mine');
    };
    const call = outcomeOf(api.get(URL, { signal: controller.signal, retry: 0, hooks: { beforeError: [replace] } }));
    await vi.waitFor(() => expect(fetch.calls).toHaveLength(1));

    controller.abort(reason);

    expect((await call).message).toBe('mine');
    expect(shown).toEqual([reason]);
  });

  it.each(REASONS)(
    'of the last attempt ends with the reason (%s), also where the fetch has an error of its own',
    async (reason) => {
      const controller = new AbortController();
      const fetch = () => {
        controller.abort(reason);
        return Promise.reject(new Error('of the fetch'));
      };
      const api = ky.create({ fetch, hooks: retry() });

      expect(await outcomeOf(api.get(URL, { signal: controller.signal, retry: 0 }))).toBe(reason);
    },
  );

  it('ends a slow shouldRetry', async () => {
    const { controller, clock, options } = setUp();
    const { api } = client(503, { ...options, shouldRetry: () => new Promise(() => {}) });
    const call = outcomeOf(api.get(URL, { signal: controller.signal }));
    await clock.advance(10);
    const reason = new Error('leave');

    controller.abort(reason);

    expect(await call).toBe(reason);
  });

  it.each(REASONS)(
    'ends the call with the reason (%s) while a hook waits for the body of a failed response',
    async (reason) => {
      const { controller, release, told, options } = setUp();
      const answer = () => new Response(new ReadableStream(), { status: 503 });
      const api = ky.create({ fetch: async () => answer(), hooks: retry(options) });
      const again = vi.fn();
      const call = api.get(URL, { signal: controller.signal, hooks: { beforeRetry: [again] } });
      const outcome = call.catch((error: unknown) => ({ error }));
      await vi.waitFor(() => expect(told).toHaveLength(1));

      controller.abort(reason);

      expect(await outcome).toEqual({ error: reason });
      expect(again).not.toHaveBeenCalled();
      expect(release).toHaveBeenCalledTimes(1);
      expect(told.map(([name]) => name)).toEqual(['retry', 'give up']);
    },
  );

  it('by an observer of the retry ends the call before the body of the failed response is read for a hook', async () => {
    virtualTime();
    const controller = new AbortController();
    const answer = () => new Response(new ReadableStream(), { status: 503 });
    const api = ky.create({
      fetch: async () => answer(),
      hooks: retry({ hooks: { onRetry: () => controller.abort() } }),
    });
    const begun = Date.now();

    await outcomeOf(api.get(URL, { signal: controller.signal, hooks: { beforeRetry: [() => {}] } }));

    expect(Date.now() - begun).toBe(0);
  });

  it('is reported in the async context of the call also where it comes before the wait', async () => {
    const request = new AsyncLocalStorage<string>();
    const controller = new AbortController();
    const seen: unknown[] = [];
    const note = ({ reason }: { reason: string }) => seen.push([reason, request.getStore()]);
    const answer = () => new Response(new ReadableStream(), { status: 503 });
    const api = ky.create({ fetch: async () => answer(), hooks: retry({ hooks: { onRetry: note, onGiveUp: note } }) });
    const options = { signal: controller.signal, hooks: { beforeRetry: [() => {}] } };
    const call = request.run('its own', () => outcomeOf(api.get(URL, options)));
    await vi.waitFor(() => expect(seen).toHaveLength(1));

    request.run('of who aborts', () => controller.abort());

    await call;
    expect(seen).toEqual([
      ['status', 'its own'],
      ['aborted', 'its own'],
    ]);
  });

  it('between our wait and the retry is reported as an abort, also by the signal of a Request', async () => {
    const { controller, clock, told, options } = setUp();
    const { api } = client(503, options);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }); // ky itself waits for 0 ms
    onTestFinished(() => void vi.useRealTimers());
    const call = outcomeOf(api(new Request(URL, { signal: controller.signal })));
    await clock.advance(10);
    await clock.advance(60_000);

    controller.abort();

    expect(await call).toBe(controller.signal.reason);
    expect(told.map(([name, { reason }]) => [name, reason])).toEqual([
      ['retry', 'status'],
      ['give up', 'aborted'],
    ]);
  });

  it.each([false, true])(
    'in a beforeRetry hook gives the token back and is told once (signal of a Request: %s)',
    async (byRequest) => {
      const { controller, release, told, options } = setUp();
      const { api } = client(503, { ...options, clock: instantClock() });
      const { signal } = controller;
      const beforeRetry = [() => controller.abort()];
      const input = byRequest ? new Request(URL, { signal }) : URL;

      await outcomeOf(api(input, { ...(!byRequest && { signal }), hooks: { beforeRetry } }));

      expect(release).toHaveBeenCalledTimes(1);
      expect(told.map(([name, { reason }]) => [name, reason])).toEqual([
        ['retry', 'status'],
        ['give up', 'aborted'],
      ]);
    },
  );

  it('leaves no listener on the signal, nor more than ky itself', async () => {
    const listenersAfter = async (call: (signal: AbortSignal) => Promise<unknown>) => {
      const { signal } = new AbortController();
      for (let n = 0; n < 20; n++) await call(signal);
      return getEventListeners(signal, 'abort').length;
    };
    const plain = ky.create({ fetch: fakeFetch(200) });

    const ours = await listenersAfter((signal) =>
      client([503, 503, 200], { clock: systemClock, delay: () => 0 }).api.get(URL, { signal }),
    );

    expect(ours).toBe(await listenersAfter((signal) => plain.get(URL, { signal })));
  });
});

describe('totalTimeout', () => {
  beforeEach(virtualTime);

  it('is a deadline: a backoff that cannot fit gives the real error at once', async () => {
    const { hooks, told } = recorder();
    const { api, fetch } = client('network-error', { delay: () => 1_000, hooks });

    const error = await outcomeOf(api.get(URL, { totalTimeout: 800 }));

    expect(error.name).toBe('NetworkError');
    expect(fetch.calls).toHaveLength(1);
    expect(told.map(([, { reason, delay }]) => [reason, delay])).toEqual([['deadline', 1_000]]);
  });

  it('counts the waits that were made', async () => {
    const { api, clock } = client(503, { delay: () => 400, maxRetries: 9 });

    await outcomeOf(api.get(URL, { totalTimeout: 1_000 }));

    expect(clock.sleeps).toEqual([400, 400]);
  });

  it('that runs out during an attempt ends the call, and is told', async () => {
    const { hooks, told } = recorder();
    const { api } = client({ fault: 'stall-headers' }, { hooks, clock: systemClock });

    expect(await outcomeOf(api.get(URL, { totalTimeout: 5 }))).toBeInstanceOf(TimeoutError);
    expect(told.map(([, { reason }]) => reason)).toEqual(['deadline']);
  });

  it('is known to middlewares further in', async () => {
    let left = Number.NaN;
    const { api } = client(200);
    const spy = defineMiddleware((call, next) => {
      left = call.remaining();
      return next(call);
    });

    await api.get(URL, { totalTimeout: 500, fetch: spy(async () => new Response()) });

    expect(left).toBe(498);
  });
});

function setUp() {
  const clock = manualClock();
  const release = vi.fn();
  const { hooks, told } = recorder();
  const budget = { acquire: () => ({ release }), record: () => {} };
  const options = { clock, budget, hooks, delay: () => 60_000 };
  return { controller: new AbortController(), clock, release, told, options };
}
