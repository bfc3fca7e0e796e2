import { getEventListeners } from 'node:events';
import { compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { cancelError } from '@steadfetch/core/kit';
import { instantClock, manualClock } from '@steadfetch/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { API, networkError, recordingHooks, scripted } from './support.ts';

describe('an abort by a fetch inside', () => {
  const limited = (reason: unknown): Fetch =>
    vi.fn(async () => {
      const controller = new AbortController();
      controller.abort(reason);
      throw controller.signal.reason;
    });

  it('is not repeated, and causes one warning if it may be a time limit', async () => {
    vi.resetModules();
    const { retry } = await import('../src/index.ts');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const fetch = limited(undefined);
    const steady = retry({ clock: instantClock() })(fetch);

    await expect(steady(API, { method: 'POST' })).rejects.toMatchObject({ name: 'AbortError' });
    const { signal } = new AbortController();
    await expect(steady(API, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    const cancelled = retry()(limited(cancelError(undefined))); // by an observer, while a limiter waited to send it again
    await expect(cancelled(API)).rejects.toMatchObject({ name: 'AbortError' });
    expect(warn).not.toHaveBeenCalled();
    for (let n = 0; n < 2; n++) await expect(steady(API, { signal })).rejects.toMatchObject({ name: 'AbortError' });

    expect(fetch).toHaveBeenCalledTimes(3);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('TimeoutError'));
    warn.mockRestore();
  });

  it('ends the call with its own error, even if that has no readable message', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const error = Object.defineProperty({ name: 'AbortError' }, 'message', {
      get: () => {
        throw new Error('not yours');
      },
    });

    await expect(retry()(() => Promise.reject(error))(API)).rejects.toBe(error);
    warn.mockRestore();
  });

  it('is repeated if its reason is a TimeoutError', async () => {
    const fetch = limited(new DOMException('too late', 'TimeoutError'));

    await expect(retry({ clock: instantClock() })(fetch)(API)).rejects.toMatchObject({ name: 'TimeoutError' });

    expect(fetch).toHaveBeenCalledTimes(3);
  });
});

describe('an abort by the caller', () => {
  it.each([[{ why: 'navigation' }], ['stop'], [null]])('ends the wait at once with its reason: %o', async (reason) => {
    const clock = manualClock();
    const controller = new AbortController();
    const { fetch, requests } = scripted(503);
    const call = retry({ clock, delay: () => 5_000 })(fetch)(API, { signal: controller.signal });
    await clock.advance(10);
    expect(clock.pending).toBe(1);

    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(requests).toHaveLength(1);
  });

  it('is never retried, whatever the error looks like', async () => {
    const controller = new AbortController();
    const reason = networkError();
    const fetch: Fetch = vi.fn(() => {
      controller.abort(reason);
      return Promise.reject(reason);
    });

    await expect(retry({ clock: instantClock() })(fetch)(API, { signal: controller.signal })).rejects.toBe(reason);
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it('counts also when a response came all the same, which is then discarded', async () => {
    const controller = new AbortController();
    const response = new Response('late', { status: 503 });
    const fetch: Fetch = async () => {
      controller.abort('stop');
      return response;
    };

    await expect(retry({ clock: instantClock() })(fetch)(API, { signal: controller.signal })).rejects.toBe('stop');
    expect(response.bodyUsed || response.body!.locked).toBe(true);
  });

  it('ends the call while a condition has not answered yet', async () => {
    const controller = new AbortController();
    const thinking = vi.fn(() => new Promise<boolean>(() => {}));
    const fetch = retry({ clock: instantClock(), shouldRetry: thinking, inspect: thinking })(scripted(503, 200).fetch);
    const first = fetch(API, { signal: controller.signal });
    const second = fetch(API, { signal: controller.signal });
    await vi.waitFor(() => expect(thinking).toHaveBeenCalledTimes(2));

    controller.abort('stop');

    await expect(first).rejects.toBe('stop');
    await expect(second).rejects.toBe('stop');
  });

  it('releases the permit, and calls onGiveUp', async () => {
    const clock = manualClock();
    const release = vi.fn();
    const hooks = recordingHooks();
    const controller = new AbortController();
    const budget = { acquire: () => ({ release }), record: () => {} };
    const call = retry({ clock, budget, hooks, delay: () => 50 })(scripted(503).fetch)(API, {
      signal: controller.signal,
    });
    await clock.advance(0);

    controller.abort('stop');

    await expect(call).rejects.toBe('stop');
    expect(release).toHaveBeenCalledTimes(1);
    expect(hooks.onGiveUp.mock.calls.map(([event]) => event.reason)).toEqual(['aborted']);
  });

  it('releases the permit of a retry that a layer inside still holds back', async () => {
    const release = vi.fn();
    const controller = new AbortController();
    const budget = { acquire: () => ({ release }), record: () => {} };
    const queue = defineMiddleware((call, next) => {
      if (call.attempt === 1) return next(call);
      return new Promise((_, reject) => {
        call.signal!.addEventListener('abort', () => reject(call.signal!.reason));
        controller.abort('stop');
      });
    });
    const { fetch, requests } = scripted(503);

    const call = compose(retry({ clock: instantClock(), budget }), queue)(fetch)(API, { signal: controller.signal });

    await expect(call).rejects.toBe('stop');
    expect(requests).toHaveLength(1);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it.each([['https'], ['Request']])('before the call sends nothing, as with fetch: %s', async (form) => {
    const { fetch, requests } = scripted(200);
    const init = { method: 'PUT', body: 'x', signal: AbortSignal.abort('stop') };
    const request = new Request(API, init);

    const call = form === 'Request' ? retry()(fetch)(request) : retry()(fetch)(API, init);

    await expect(call).rejects.toBe('stop');
    expect(requests).toHaveLength(0);
    expect(request.bodyUsed).toBe(form === 'Request');
  });

  it('calls onGiveUp in a later attempt, too', async () => {
    const controller = new AbortController();
    const hooks = recordingHooks();
    let attempts = 0;
    const fetch: Fetch = async () => {
      if (++attempts === 2) controller.abort('stop');
      return new Response(null, { status: 503 });
    };

    await expect(retry({ clock: instantClock(), hooks })(fetch)(API, { signal: controller.signal })).rejects.toBe(
      'stop',
    );
    expect(hooks.onGiveUp.mock.calls.map(([event]) => event.reason)).toEqual(['aborted']);
  });

  it('ends the call if the clock ignores the signal', async () => {
    const controller = new AbortController();
    const clock = { now: () => 0, sleep: vi.fn(() => new Promise<void>(() => {})) };
    const call = retry({ clock })(scripted(503).fetch)(API, { signal: controller.signal });
    await vi.waitFor(() => expect(clock.sleep).toHaveBeenCalled());

    controller.abort('stop');

    await expect(call).rejects.toBe('stop');
  });

  it('on a Request counts as one in init', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const call = retry({ clock, delay: () => 50 })(scripted(503).fetch)(
      new Request(API, { signal: controller.signal }),
    );
    await clock.advance(0);

    controller.abort('stop');

    await expect(call).rejects.toBe('stop');
  });
});

describe('a long-lived signal', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('has no listener left after 10,000 calls', async () => {
    const { signal } = new AbortController();
    const fetch = retry({ clock: instantClock(), budget: false })(
      scripted(...Array.from({ length: 10_000 }, (_, n) => (n % 2 ? 200 : 503))).fetch,
    );

    for (let n = 0; n < 5_000; n++) await fetch(API, { signal });

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind 10,000 aborted waits', async () => {
    const controller = new AbortController();
    const fetch = retry({ budget: false, delay: () => 60_000 })(async () => new Response(null, { status: 503 }));
    const calls = Array.from({ length: 10_000 }, () => fetch(API, { signal: controller.signal }).catch(() => {}));
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(10_000);

    controller.abort();
    await Promise.all(calls);

    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});
