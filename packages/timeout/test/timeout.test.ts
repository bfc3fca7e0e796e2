import { getEventListeners } from 'node:events';
import { type Call, classifyError, compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { TimeoutError, timeout } from '../src/index.ts';
import { handFed, settled, slowFetch, URL } from './stubs.ts';

describe('timeout', () => {
  it('returns the same response if it comes in time', async () => {
    const clock = manualClock();
    const response = new Response('ok');

    const result = await timeout(1_000, { clock })(async () => response)(URL);

    expect(result).toBe(response);
    expect(clock.pending).toBe(0);
  });

  it('rejects when no headers came in time, and names the limit and the phase', async () => {
    const clock = manualClock();
    const result = settled(timeout(1_000, { clock })(slowFetch())(URL));

    await clock.advance(1_000);

    const { error } = (await result) as { error: TimeoutError };
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'TimeoutError', phase: 'headers', limit: 1_000 });
    expect(error.message).toBe('no response within 1000 ms from GET https://api.example.com/reports');
    expect(classifyError(error).kind).toBe('timeout');
  });

  it('does not reject before the limit', async () => {
    const clock = manualClock();
    const fetch = slowFetch();
    const result = timeout(1_000, { clock })(fetch)(URL);

    await clock.advance(999);
    fetch.answer(new Response('ok'));

    expect((await result).status).toBe(200);
  });

  it('aborts the fetch with the same error', async () => {
    const clock = manualClock();
    const fetch = slowFetch();
    const result = settled(timeout(1_000, { clock })(fetch)(URL));

    await clock.advance(1_000);

    expect(fetch.signals[0]!.reason).toBe(((await result) as { error: unknown }).error);
  });

  it('rejects in time although the fetch ignores the signal, and discards the late response', async () => {
    const clock = manualClock();
    const fetch = slowFetch({ ignoresSignal: true });
    const late = handFed();
    const result = settled(timeout(1_000, { clock })(fetch)(URL));

    await clock.advance(1_000);
    fetch.answer(new Response(late.body));

    expect(await result).toMatchObject({ error: { name: 'TimeoutError' } });
    expect(late.body.locked).toBe(true);
    late.end();
  });

  it('rejects with the error of the fetch itself', async () => {
    const clock = manualClock();
    const error = new TypeError('fetch failed');

    const result = settled(timeout(1_000, { clock })(() => Promise.reject(error))(URL));

    expect(await result).toEqual({ error });
    expect(clock.pending).toBe(0);
  });

  it('rejects when a middleware inside throws at once, leaving no timer and no listener', async () => {
    const clock = manualClock();
    const { signal } = new AbortController();
    const broken = defineMiddleware(() => {
      throw new Error('broken');
    });

    const result = settled(compose(timeout(1_000, { clock }), broken)(slowFetch())(URL, { signal }));

    expect(await result).toMatchObject({ error: { message: 'broken' } });
    expect(clock.pending).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('returns undefined if the inner layer returns no response, as a mock may', async () => {
    const { signal } = new AbortController();
    const nothing = (async () => undefined) as unknown as Fetch;

    expect(await timeout(1_000)(nothing)(URL, { signal })).toBeUndefined();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('accepts a response that is not a promise, as from a mock', async () => {
    const response = new Response('ok');
    const mock = (() => response) as unknown as Fetch;

    expect(await timeout(1_000)(mock)(URL)).toBe(response);
  });

  it('sends each attempt with a fresh signal and a fresh limit', async () => {
    const clock = manualClock();
    const fetch = slowFetch();
    const twice = defineMiddleware((call, next) => next(call).catch(() => next(call)));
    const result = settled(compose(twice, timeout(1_000, { clock }))(fetch)(URL));

    await clock.advance(1_500);
    fetch.answer(new Response('second'));

    expect(await result).toMatchObject({ value: { status: 200 } });
    expect(fetch.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('limits the whole call outside of retry', async () => {
    const clock = manualClock();
    const fetch = slowFetch();
    const forever = defineMiddleware(async (call, next) => {
      for (;;) {
        const outcome = await settled(next(call));
        if ('value' in outcome) return outcome.value;
        call.signal?.throwIfAborted();
      }
    });
    const stack = compose(timeout(2_500, { clock }), forever, timeout(1_000, { clock }));
    const result = settled(stack(fetch)(URL));

    await clock.advance(2_500);

    expect(await result).toMatchObject({ error: { name: 'TimeoutError', limit: 2_500 } });
    expect(fetch.signals).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  it('shows inner layers the time left before the earliest deadline', async () => {
    const clock = manualClock();
    const left: number[] = [];
    const look = defineMiddleware(async (call: Call, next) => {
      left.push(call.remaining());
      await clock.advance(300);
      left.push(call.remaining());
      return next(call);
    });
    const ok = async () => new Response('ok');

    await compose(timeout(1_000, { clock }), timeout({ headers: 5_000, body: 10 }, { clock }), look)(ok)(URL);
    await compose(timeout({ body: 10 }, { clock }), look)(ok)(URL);

    expect(left).toEqual([1_000, 1_000 - 300, Infinity, Infinity]);
  });

  it.each([
    ['the response, such as the refresh of a cache', async () => new Response('cached')],
    [
      'an error, such as to send the call again when the network is back',
      () => Promise.reject(new TypeError('failed')),
    ],
  ])('sets no deadline for what a layer inside does after %s', async (_what, fetch) => {
    const clock = manualClock();
    let inner: Call | undefined;
    const note = defineMiddleware((call, next) => {
      inner = call;
      return next(call);
    });

    await compose(timeout(1_000, { clock }), note)(fetch)(URL).catch(() => {});
    await clock.advance(5_000);

    expect(inner!.remaining()).toBe(Infinity);
  });

  it('shows inner layers the age of the call, by the outermost timeout', async () => {
    const clock = manualClock();
    const ages: unknown[] = [];
    const look = defineMiddleware(async (call: Call, next) => {
      await clock.advance(300);
      ages.push(call.record.age?.());
      return next(call);
    });
    const wait = defineMiddleware(async (call, next) => {
      await clock.advance(200);
      return next(call);
    });
    const ok = async () => new Response('ok');

    await compose(timeout(1_000, { clock }), wait, timeout(700, { clock }), look)(ok)(URL);
    await compose(wait, timeout(700, { clock }), look)(ok)(URL);
    await compose(timeout({ body: 10 }, { clock }), look)(ok)(URL);

    expect(ages).toEqual([500, 300, undefined]);
  });

  it.each([['a reason'], [null], [new Error('mine')], [undefined]])('rejects with the reason %s', async (reason) => {
    const clock = manualClock();
    const controller = new AbortController();
    const fetch = slowFetch({ ignoresSignal: true });
    const result = settled(timeout(1_000, { clock })(fetch)(URL, { signal: controller.signal }));

    await clock.advance(1);
    controller.abort(reason);

    expect(await result).toEqual({ error: controller.signal.reason });
    expect(((await result) as { error: unknown }).error).toBe(controller.signal.reason);
    expect(fetch.signals[0]!.reason).toBe(controller.signal.reason);
    expect(clock.pending).toBe(0);
  });

  it('does not call the fetch when the signal has aborted before', async () => {
    const fetch = slowFetch();
    const signal = AbortSignal.abort('gone');

    await expect(timeout(1_000)(fetch)(URL, { signal })).rejects.toBe('gone');
    expect(fetch.signals).toHaveLength(0);
  });

  it('follows the signal of a Request', async () => {
    const controller = new AbortController();
    const fetch = slowFetch();
    const result = settled(timeout(1_000)(fetch)(new Request(URL, { signal: controller.signal })));

    controller.abort('gone');

    expect(await result).toEqual({ error: 'gone' });
  });

  it('uses the system clock by default', async () => {
    const result = settled(timeout(5)(slowFetch())(URL));

    expect(await result).toMatchObject({ error: { name: 'TimeoutError', limit: 5 } });
  });
});
