import { compose, observe } from '@steadfetch/core';
import { retry as retryHooks, use } from '@steadfetch/ky';
import { type RetryOptions, retry } from '@steadfetch/retry';
import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import fc from 'fast-check';
import ky from 'ky';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type RetryMonitor, retryMonitor } from '../src/index.ts';
import { eventOf, waitEvent } from './events.ts';
import { report, setUp, URL } from './monitor.ts';

describe('what retryMonitor counts', () => {
  it('counts a call once, however often it is retried', async () => {
    const { call, monitor } = setUp();

    await call(2);
    await call(0);

    expect(monitor.snapshot()).toEqual({ calls: 2, retried: 1, share: 0.5, excessive: false });
  });

  it('counts calls that fail for good, at once or after retries', async () => {
    const { fetchWith, monitor } = setUp();

    await fetchWith(404);
    await fetchWith(503);
    await fetchWith([503, 404]);

    expect(monitor.snapshot()).toMatchObject({ calls: 3, retried: 2 });
  });

  it('counts a call as retried whose server asks for a longer wait than it may take', async () => {
    const { fetchWith, monitor } = setUp();

    await fetchWith({ status: 503, headers: { 'retry-after': '3600' } });
    await fetchWith({ status: 404, headers: { 'retry-after': '3600' } });

    expect(monitor.snapshot()).toMatchObject({ calls: 2, retried: 1 });
  });

  it('counts a call as retried that failed for a time and may not be repeated, so that an outage shows where all calls are POSTs', async () => {
    const { stack, monitor } = setUp();

    for (const status of [503, 401, 200]) await stack(fakeFetch(status))(URL, { method: 'POST' });
    await stack(fakeFetch(503))(URL, { method: 'PUT', body: new Blob(['x']).stream(), duplex: 'half' } as RequestInit);

    expect(monitor.snapshot()).toMatchObject({ calls: 4, retried: 2 });
  });

  it('counts a call once as retried whose retries the budget refuses', async () => {
    const monitor = retryMonitor({ onExcessive: () => {}, clock: instantClock() });
    const budget = { acquire: () => undefined, record: () => {} };
    const steady = compose(observe(monitor), retry({ clock: instantClock(), budget }))(fakeFetch(503));

    expect((await steady(URL)).status).toBe(503);

    expect(monitor.snapshot()).toMatchObject({ calls: 1, retried: 1 });
  });

  it('does not count a call that ends while it waits to be sent, unless it was sent before', () => {
    const { monitor } = setUp();
    for (const callId of [1, 2, 3]) monitor(eventOf('start', { callId }));
    for (const callId of [2, 3]) monitor(eventOf('attempt', { callId, status: 429, ms: 5 }));

    for (const callId of [1, 2]) monitor(eventOf('gate', { action: 'wait', callId }));
    for (const callId of [1, 2, 3]) {
      monitor(eventOf('end', { callId, attempts: callId > 1 ? 1 : 0, error: new Error('enough') }));
    }

    expect(monitor.snapshot()).toMatchObject({ calls: 2, retried: 0 });
  });

  it('does not count a call that ends while it waits, also where a later one was sent, as to another server', () => {
    const { monitor } = setUp();
    const late = Object.assign(new Error(), { name: 'TimeoutError', phase: 'total' });
    for (const callId of [1, 2]) {
      monitor(eventOf('start', { callId }));
      monitor(eventOf('queue', { action: 'wait', callId }));
    }

    monitor(eventOf('attempt', { callId: 2, status: 200, ms: 5 }));
    monitor(eventOf('end', { callId: 2, attempts: 1, status: 200 }));
    monitor(eventOf('end', { callId: 1, attempts: 0, error: late }));

    expect(monitor.snapshot()).toMatchObject({ calls: 1, retried: 0 });
  });

  it('counts a call that is refused after it was sent, and one that a layer answers', () => {
    const { monitor } = setUp();
    for (const callId of [1, 2]) monitor(eventOf('start', { callId }));

    monitor(eventOf('attempt', { callId: 1, status: 429, ms: 5 }));
    monitor(eventOf('gate', { action: 'refused', callId: 1 }));
    monitor(eventOf('end', { callId: 1, attempts: 1, error: new Error('refused') }));
    monitor(eventOf('end', { callId: 2, attempts: 0, status: 200 }));

    expect(monitor.snapshot()).toMatchObject({ calls: 2, retried: 0 });
  });

  it('counts a call as retried that a timeout ends after it was sent, but for a limit of the caller', () => {
    const { monitor } = setUp();
    const late = Object.assign(new Error(), { name: 'TimeoutError', phase: 'headers' });
    const callers = new DOMException('', 'TimeoutError');
    for (const [callId, error] of [late, late, callers, new Error()].entries()) {
      monitor(eventOf('start', { callId }));
      if (callId === 0) monitor(eventOf('queue', { action: 'wait', callId }));
      if (callId > 0) monitor(eventOf('attempt', { callId, error, ms: 5 }));
      monitor(eventOf('end', { callId, error, attempts: callId > 0 ? 1 : 0 }));
    }

    expect(monitor.snapshot()).toMatchObject({ calls: 3, retried: 1 });
  });

  it('counts a call under hooks of ky as retried that a timeout of ky ends', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.restoreAllMocks().useRealTimers());
    const { monitor } = setUp();
    vi.spyOn(globalThis, 'fetch').mockImplementation(fakeFetch({ fault: 'stall-headers' }));
    const api = ky.extend({ ...use(observe(monitor)), timeout: 1_000 }).extend({ hooks: retryHooks() });

    const ended = api.post(URL).catch((error) => error.name);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(await ended).toBe('TimeoutError');
    expect(monitor.snapshot()).toMatchObject({ calls: 1, retried: 1 });
  });

  it.each([
    ['use()', (monitor: RetryMonitor, options: RetryOptions) => use(observe(monitor), retry(options))],
    [
      'hooks',
      (monitor: RetryMonitor, options: RetryOptions) => ({ ...use(observe(monitor)), hooks: retryHooks(options) }),
    ],
  ])('counts under ky with %s', async (_, extend) => {
    vi.stubGlobal('fetch', fakeFetch([503, 503, 200, 200, 200]));
    const monitor = retryMonitor({ onExcessive: () => {}, clock: instantClock() });
    const api = ky.create(extend(monitor, { clock: instantClock() }));

    for (let n = 0; n < 3; n++) await api(URL);
    vi.unstubAllGlobals();

    expect(monitor.snapshot()).toMatchObject({ calls: 3, retried: 1 });
  });

  it('counts a call that says retry: false, however it ends', async () => {
    const monitor = retryMonitor({ onExcessive: () => {}, clock: instantClock() });
    const steady = compose(observe(monitor), retry())(fakeFetch([503, 200]));

    await steady(URL, { retry: false });
    await steady(URL, { retry: false });

    expect(monitor.snapshot()).toMatchObject({ calls: 2, retried: 0 });
  });

  it('counts calls under way, of which failures are known first, as not retried', async () => {
    const clock = manualClock();
    const onExcessive = vi.fn();
    const monitor = retryMonitor({ onExcessive, clock });
    const stack = compose(observe(monitor), retry({ clock, budget: false, delay: () => 60 }));
    const sent = new Set<string>();
    const fetch = stack(async (input) => {
      const url = String(input);
      const first = !sent.has(url);
      sent.add(url);
      if (first && url.endsWith('0')) return new Response(null, { status: 503 });
      await clock.sleep(50);
      return new Response();
    });

    const all = Promise.all(Array.from({ length: 200 }, (_, n) => fetch(`${URL}${n % 8 === 0 ? n * 10 : `${n}x`}`)));
    await clock.runAll();
    await all;

    expect(onExcessive).not.toHaveBeenCalled();
    expect(monitor.snapshot()).toMatchObject({ calls: 200, retried: 25 });
  });

  it('counts calls as under way that waited before one that was sent', () => {
    const { monitor, onExcessive } = setUp();
    for (let callId = 0; callId < 1_000; callId++) {
      monitor(eventOf('start', { callId }));
      monitor(eventOf('queue', { action: 'wait', callId }));
    }

    for (let callId = 9; callId < 1_000; callId += 10) {
      monitor(eventOf('attempt', { callId, status: 503, ms: 5 }));
      monitor(waitEvent({ callId }));
    }

    expect(onExcessive).not.toHaveBeenCalled();
  });

  it('does not count calls as under way that began to wait after one that was sent, also if they started before it', () => {
    const { monitor, onExcessive } = setUp();
    const early = Array.from({ length: 200 }, (_, n) => n);
    const late = Array.from({ length: 20 }, (_, n) => 200 + n);
    for (const callId of [...early, ...late]) monitor(eventOf('start', { callId }));
    for (const callId of [...late, ...early]) monitor(eventOf('queue', { action: 'wait', callId }));

    for (const callId of late) {
      monitor(eventOf('attempt', { callId, status: 503, ms: 5 }));
      monitor(waitEvent({ callId }));
    }

    expect(onExcessive).toHaveBeenCalledOnce();
  });

  it('counts right while calls overlap', async () => {
    const clock = manualClock();
    const { fetchWith, monitor } = setUp({}, clock);
    const waiting = [fetchWith([503, 200]), fetchWith([503, 200])];
    await clock.advance(0);

    await Promise.all([fetchWith(200), fetchWith(200)]);
    expect(monitor.snapshot()).toMatchObject({ calls: 4, retried: 2 });

    await clock.runAll();
    await Promise.all(waiting);
    expect(monitor.snapshot()).toMatchObject({ calls: 4, retried: 2 });
  });

  it('does not count a call that one of our layers refuses, as while a circuit is open, unless it was retried before', () => {
    const clock = instantClock();
    const { monitor, onExcessive, onRecovered } = setUp({ minCalls: 4 }, clock);
    for (let n = 0; n < 4; n++) report(monitor, n, true);
    for (let callId = 10; callId < 200; callId++) {
      monitor(eventOf('start', { callId }));
      if (callId === 10) monitor(waitEvent({ callId }));
      monitor(eventOf('circuit', { action: 'refused', callId }));
      monitor(eventOf('end', { callId, attempts: 0, error: new Error('refused') }));
    }

    expect(monitor.snapshot()).toEqual({ calls: 5, retried: 5, share: 1, excessive: true });
    expect(onExcessive).toHaveBeenCalledTimes(1);
    expect(onRecovered).not.toHaveBeenCalled();
  });

  it('counts a call once that is aborted in its first wait, or in a later one', async () => {
    const clock = manualClock();
    const { stack, monitor } = setUp({}, clock);
    for (const waits of [0, 1]) {
      const controller = new AbortController();
      const call = stack(fakeFetch(503))(URL, { signal: controller.signal });
      const end = call.catch((error: unknown) => error);
      await clock.advance(waits * 5);
      controller.abort('enough');
      expect(await end).toBe('enough');
    }

    expect(monitor.snapshot()).toMatchObject({ calls: 2, retried: 2 });
  });

  it('counts a call once whose retry ends in a permanent error', async () => {
    const { fetchWith, monitor } = setUp();

    await expect(fetchWith([503, { error: 'CERT_HAS_EXPIRED' }])).rejects.toThrow('fetch failed');

    expect(monitor.snapshot()).toMatchObject({ calls: 1, retried: 1 });
  });

  it('counts a call once whose condition throws, at once or after a retry', async () => {
    const clock = instantClock();
    const monitor = retryMonitor({ onExcessive: () => {}, clock });
    const throwAt = (attempt: number) => (failure: { attempt: number }) => {
      if (failure.attempt === attempt) throw new Error('mine');
      return true;
    };
    for (const attempt of [1, 2]) {
      const options = { clock, shouldRetry: throwAt(attempt) };
      await expect(compose(observe(monitor), retry(options))(fakeFetch(503))(URL)).rejects.toThrow('mine');
    }

    expect(monitor.snapshot()).toMatchObject({ calls: 2, retried: 1 });
  });

  it('remembers no more than the latest ten thousand of calls whose end is never told', () => {
    const monitor = retryMonitor({ onExcessive: () => {}, clock: instantClock() });
    for (let callId = 0; callId <= 10_000; callId++) monitor(waitEvent({ callId }));
    expect(monitor.snapshot()).toMatchObject({ calls: 10_001, retried: 10_001 });

    for (const callId of [0, 1]) monitor(eventOf('end', { callId }));

    expect(monitor.snapshot()).toMatchObject({ calls: 10_001, retried: 10_001 });
    for (let callId = 0; callId <= 10_000; callId++) monitor(eventOf('start', { callId }));
    for (const callId of [0, 1]) monitor(eventOf('end', { callId, attempts: 0 })); // the first is forgotten
    expect(monitor.snapshot()).toMatchObject({ calls: 10_002, retried: 10_001 });
  });

  it('counts each call of a line that is longer than what it remembers, once it was sent', () => {
    const { monitor, onExcessive } = setUp();
    const late = Object.assign(new Error(), { name: 'TimeoutError', phase: 'headers' });
    for (let callId = 0; callId < 12_000; callId++) {
      monitor(eventOf('start', { callId }));
      monitor(eventOf('queue', { action: 'wait', callId }));
    }

    for (let callId = 0; callId < 12_000; callId++) {
      const isSent = callId % 2 === 0;
      const isRetried = callId % 40 === 0;
      if (isSent) monitor(eventOf('attempt', { callId, status: isRetried ? 503 : 200, ms: 5 }));
      if (isRetried) monitor(waitEvent({ callId }));
      const attempts = isRetried ? 2 : isSent ? 1 : 0;
      if (callId < 2_000 || isSent) monitor(eventOf('end', { callId, attempts, ...(isSent ? {} : { error: late }) }));
    }

    expect(monitor.snapshot()).toMatchObject({ calls: 6_000, retried: 300 });
    expect(onExcessive).not.toHaveBeenCalled();
  });

  it('never counts less than 95 % of the window nor more than all of it', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(gaps, (steps) => {
        const clock = instantClock();
        const monitor = retryMonitor({ onExcessive: () => {}, window: 1_000, clock });
        const times: number[] = [];
        for (const step of steps) {
          clock.advance(step);
          report(monitor, times.length, true);
          times.push(clock.now());
        }
        const within = (span: number) => times.filter((time) => clock.now() - time < span).length;
        const { calls } = monitor.snapshot();
        expect(calls).toBeGreaterThanOrEqual(within(950));
        expect(calls).toBeLessThanOrEqual(within(1_000));
      }),
    );
  });
});
