import { AsyncLocalStorage } from 'node:async_hooks';
import { compose, defineMiddleware, type Fetch, systemClock } from '@steadfetch/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { timeout } from '../src/index.ts';
import { handFed, settled, slowFetch, URL } from './stubs.ts';

const unanswered = () => settled(timeout(1_000)(slowFetch({ ignoresSignal: true }))(URL));
const expired = { error: { name: 'TimeoutError', limit: 1_000 } };

describe('timeout on the system clock', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('starts one timer with the call, and clears it when the answer comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const fetch = slowFetch();
    const result = timeout(1_000)(fetch)(URL);
    const set = vi.getTimerCount();

    fetch.answer(new Response('ok'));
    await result;

    expect([set, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it.each([
    ['all', undefined],
    ['setTimeout and Date', ['setTimeout', 'clearTimeout', 'Date'] as const],
    ['setTimeout alone', ['setTimeout', 'clearTimeout'] as const],
  ])('expires under fake timers that move on at once: %s', async (_what, toFake) => {
    vi.useFakeTimers(toFake ? { toFake: [...toFake] } : {});
    const early = unanswered();
    vi.advanceTimersByTime(1_000);
    expect(await early).toMatchObject(expired);

    const late = unanswered();
    await vi.advanceTimersByTimeAsync(999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await late).toMatchObject(expired);
  });

  it('returns an answer that arrived within the limit, although the event loop was blocked for longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const relay = defineMiddleware(async (call, next) => await next(call));
    const signals: AbortSignal[] = [];
    const cached = compose(
      timeout(1),
      relay,
      relay,
    )(async (_input, init) => {
      signals.push(init!.signal!);
      return new Response('cached');
    });
    const busyTurn = () => {
      const results = [settled(cached(URL)), settled(timeout(1)(slowFetch({ ignoresSignal: true }))(URL))];
      const start = performance.now();
      while (performance.now() - start < 5);
      return Promise.all(results);
    };

    const [early, late] = await new Promise<unknown[]>((resolve) => setImmediate(() => resolve(busyTurn())));

    expect(early).toMatchObject({ value: { status: 200 } });
    expect(late).toMatchObject({ error: { name: 'TimeoutError' } });
    expect(signals[0]!.aborted).toBe(false);
  });

  describe('when the event loop was blocked for longer than the limit', () => {
    /** All due timers run late, and before the answers that have arrived. */
    const holdUp = (ms = 1_021) => {
      const now = performance.now() + ms;
      vi.spyOn(performance, 'now').mockReturnValue(now);
      vi.advanceTimersByTime(1_000);
    };
    afterEach(() => {
      vi.restoreAllMocks();
    });

    it('returns an answer that has arrived, although Node runs the timers first', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const fetch = slowFetch();
      const result = settled(timeout(1_000)(fetch)(URL));

      holdUp();
      fetch.answer(new Response('ok'));

      expect(await result).toMatchObject({ value: { status: 200 } });
      await new Promise((resolve) => setImmediate(resolve));
      expect(fetch.signals[0]!.aborted).toBe(false);
    });

    it('expires in the same turn if no answer has arrived, before an inner layer can send a request', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const result = unanswered();

      holdUp();

      expect(vi.getTimerCount()).toBe(0);
      expect(await result).toMatchObject(expired);
    });

    it('gives a part of a body as much time as was lost, since another thread unpacks a compressed one', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const turn = () => new Promise((resolve) => setImmediate(resolve));
      const unpacked = handFed();
      const stalled = handFed();
      const fetch: Fetch = async (input) => new Response((input === URL ? unpacked : stalled).body);
      const responses = await Promise.all([URL, `${URL}2`].map((url) => timeout({ body: 1_000 })(fetch)(url)));
      const [result, none] = responses.map((response) => settled(response.text()));
      await turn();

      holdUp();
      await turn();
      unpacked.send('ok');
      unpacked.end();
      await turn();
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(1_000); // a real clock moves on while the test runs

      expect(await result).toEqual({ value: 'ok' });
      expect(await none).toMatchObject(expired);
    });

    it('gives a part of a body its limit once more at most, as after an hour in which the process was frozen', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const turn = () => new Promise((resolve) => setImmediate(resolve));
      const response = await timeout({ body: 1_000 })(async () => new Response(handFed().body))(URL);
      const result = settled(response.text());
      await turn();

      holdUp(3_600_000);
      await turn();
      vi.advanceTimersByTime(1_000);
      await turn();

      expect(vi.getTimerCount()).toBe(0);
      expect(await result).toMatchObject(expired);
    });

    const unsupported = () => {
      throw new Error('A Node.js API is used (setImmediate) which is not supported in the Edge Runtime.');
    };

    it.each<[string, { waits?: boolean; immediate?: unknown }]>([
      ['a call that waits for something of ours', { waits: true, immediate: setImmediate }],
      ['a runtime without `setImmediate`, as a browser', { immediate: undefined }],
      ['a runtime whose `setImmediate` throws, as the edge runtime of Next.js', { immediate: unsupported }],
    ])('expires at once: %s', async (_what, { waits, immediate }) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      vi.stubGlobal('setImmediate', immediate);
      const hold = defineMiddleware((call, next) => {
        if (waits) call.record.waitingFor = 'a slot';
        return next(call);
      });
      const fetch = slowFetch({ ignoresSignal: true });
      const result = settled(compose(timeout(1_000), hold)(fetch)(URL));

      holdUp();

      expect(fetch.signals[0]!.aborted).toBe(true);
      expect(await result).toMatchObject(expired);
    });
  });

  it('sets its timer at once in a runtime without `process`', async () => {
    vi.useFakeTimers();
    vi.stubGlobal('process', undefined);

    const result = unanswered();
    const set = vi.getTimerCount();
    vi.advanceTimersByTime(1_000);

    expect(set).toBe(1);
    expect(await result).toMatchObject(expired);
  });

  it('ends each call in the async context that it was made in', async () => {
    const tenant = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const hang: Fetch = (_input, init) =>
      new Promise((_, reject) => {
        init!.signal!.addEventListener('abort', () => {
          seen.push(tenant.getStore());
          reject(init!.signal!.reason);
        });
      });
    const fetch = timeout(1)(hang);

    await Promise.all(['a', 'b', 'c'].map((name) => tenant.run(name, () => settled(fetch(URL)))));

    expect(seen.sort()).toEqual(['a', 'b', 'c']);
  });
});

describe('timeout on a custom clock', () => {
  it('counts in real time when the clock refuses to sleep', async () => {
    const clock = { ...systemClock, sleep: () => Promise.reject(new Error('no sleep')) };

    const result = await settled(timeout(5, { clock })(slowFetch())(URL));

    expect(result).toMatchObject({ error: { name: 'TimeoutError', limit: 5 } });
  });

  it('does not start that limit for a call that has been answered', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const clock = { ...systemClock, sleep: () => Promise.reject(new Error('no sleep')) };

    await timeout(5, { clock })(() => new Response('ok') as never)(URL);
    await Promise.resolve();

    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('rejects the call when the clock throws, and leaves no listener', async () => {
    const clock = {
      ...systemClock,
      sleep: () => {
        throw new Error('no clock');
      },
    };
    const fetch = slowFetch();

    await expect(timeout(5, { clock })(fetch)(URL)).rejects.toThrow('no clock');
    await expect(
      timeout({ body: 5 }, { clock })(async () => new Response('ok'))(URL).then((r) => r.text()),
    ).rejects.toThrow('no clock');

    expect(fetch.signals).toHaveLength(0);
  });
});
