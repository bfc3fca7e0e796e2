import { compose, defineMiddleware, observe, type SteadfetchEvent } from '@steadfetch/core';
import { retry } from '@steadfetch/retry';
import { fakeFetch, type ManualClock, manualClock, type Script } from '@steadfetch/testing';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type RetryStore, retryStore, useRetryState } from '../src/index.ts';

const URL = 'https://api.test/x?token=1';

function Count({ retries }: { retries: RetryStore }) {
  return createElement('p', null, useRetryState(retries).length);
}

/** A budget that permits no retry. */
const SPENT = { acquire: () => undefined, record: () => {} };

function setUp(script: Script, delay = 2_500, budget: typeof SPENT | false = false) {
  const clock = manualClock();
  const retries = retryStore({ clock });
  const fetch = fakeFetch(script);
  const api = compose(observe(retries, { clock }), retry({ clock, delay: () => delay, budget }))(fetch);
  const changed = vi.fn();
  const unsubscribe = retries.subscribe(changed);
  const secondsAfter = async (clock: ManualClock, ms: number) => {
    await clock.advance(ms);
    return retries.getSnapshot().map(({ seconds }) => seconds);
  };
  return { api, changed, clock, fetch, retries, secondsAfter, unsubscribe };
}

describe('retryStore', () => {
  it('lists each call that is being retried, until it ends', async () => {
    const { api, clock, retries } = setUp([503, { status: 429, headers: { 'retry-after': '7' } }, 200]);
    const call = api(URL, { steadfetch: { meta: 'job' } });

    expect(retries.getSnapshot()).toEqual([]);
    await clock.advance(0);
    expect(retries.getSnapshot()).toMatchObject([
      {
        callId: expect.any(Number),
        method: 'GET',
        url: 'https://api.test/x',
        meta: 'job',
        attempt: 2,
        maxAttempts: 3,
        seconds: 3,
        cause: '503',
        source: 'backoff',
      },
    ]);
    await clock.advance(2_500);
    expect(retries.getSnapshot()).toMatchObject([{ attempt: 3, source: 'retry-after', cause: '429' }]);
    await clock.runAll();
    await call;
    expect(retries.getSnapshot()).toEqual([]);
  });

  it('never shows an attempt above maxAttempts, also if an inner layer resends the call', async () => {
    const { clock, retries } = setUp(200);
    const again = defineMiddleware(async (call, next) => {
      call.record.maxRepeats = 5;
      for (; call.record.resends < 4; call.record.resends++) await next(call);
      return next(call);
    });
    const api = compose(observe(retries), retry({ clock, budget: false }), again)(fakeFetch(503));
    const call = api(URL);

    await clock.advance(0);
    expect(retries.getSnapshot()).toMatchObject([{ attempt: 6, maxAttempts: 6 }]);
    await clock.runAll();
    await call;
  });

  it('lists a call that waits for the budget, and can cancel it', async () => {
    const { api, clock, retries } = setUp([503], 2_500, SPENT);
    const call = api(URL);
    const ended = expect(call).rejects.toMatchObject({ name: 'AbortError' });

    await clock.advance(0);
    const [held] = retries.getSnapshot();
    expect(held).toMatchObject({ attempt: 2, maxAttempts: 3, seconds: 3, cause: '503', source: 'budget' });
    expect(held!.retryNow()).toBe(false);
    held!.cancel();

    await ended;
    expect(retries.getSnapshot()).toEqual([]);
  });

  it('lists a call that waits for the budget until it ends', async () => {
    const { api, clock, retries } = setUp([503], 2_500, SPENT);
    const call = api(URL);

    await clock.advance(2_600);
    expect(retries.getSnapshot()).toMatchObject([{ seconds: 3, source: 'budget' }]);
    await clock.runAll();

    expect((await call).status).toBe(503);
    expect(retries.getSnapshot()).toEqual([]);
  });

  it('counts whole seconds down, and notifies once per second', async () => {
    const { api, changed, clock, secondsAfter } = setUp([503, 200]);
    const call = api(URL);

    expect(await secondsAfter(clock, 0)).toEqual([3]);
    expect(await secondsAfter(clock, 499)).toEqual([3]);
    expect(await secondsAfter(clock, 1)).toEqual([2]);
    expect(await secondsAfter(clock, 1_000)).toEqual([1]);
    expect(changed).toHaveBeenCalledTimes(3);
    await clock.runAll();
    await call;
  });

  it('counts down in time while other subscribers leave', async () => {
    const { api, clock, retries, secondsAfter } = setUp([503, 200]);
    const [leave, leaveToo] = [retries.subscribe(() => {}), retries.subscribe(() => {})];
    const call = api(URL);

    await clock.advance(490);
    leave();
    expect(await secondsAfter(clock, 20)).toEqual([2]);
    leaveToo();
    expect(await secondsAfter(clock, 980)).toEqual([2]);
    expect(await secondsAfter(clock, 10)).toEqual([1]);
    await clock.runAll();
    await call;
  });

  it('notifies at most five times a second while many calls wait', async () => {
    const { api, clock, retries } = setUp([503], 10_000);
    const controller = new AbortController();
    const calls: Promise<unknown>[] = [];
    for (let n = 0; n < 100; n++) {
      calls.push(api(URL, { signal: controller.signal }).catch(() => {}));
      await clock.advance(7);
    }
    let told = 0;
    retries.subscribe(() => told++);
    await clock.advance(2_000);

    expect(told).toBeGreaterThan(5);
    expect(told).toBeLessThanOrEqual(10);
    controller.abort();
    await Promise.all(calls);
  });

  it('never shortens the wait that the server asked for if the date is set forward', async () => {
    const controller = new AbortController();
    const goes = new Promise<boolean>((resolve) => {
      const hear = (event: SteadfetchEvent) => {
        if (event.type !== 'wait') return;
        const date = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
        resolve(event.retryNow());
        date.mockRestore();
        controller.abort();
      };
      const api = compose(observe(hear), retry())(fakeFetch({ status: 503, headers: { 'retry-after': '9' } }));
      api(URL, { signal: controller.signal }).catch(() => {});
    });

    expect(await goes).toBe(false);
  });

  it('keeps its objects until something changes', async () => {
    const { api, clock, retries } = setUp([503], 10_000);
    const calls = [api(URL), api(`${URL}2`)];
    await clock.advance(0);
    const [first] = retries.getSnapshot();
    const before = retries.getSnapshot();

    await clock.advance(400);
    expect(retries.getSnapshot()).toBe(before);
    first!.cancel();
    await expect(calls[0]).rejects.toMatchObject({ name: 'AbortError' });
    expect(retries.getSnapshot()).toEqual([before[1]]);
    expect(retries.getSnapshot()[0]).toBe(before[1]);
    before[1]!.cancel();
    await expect(calls[1]).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('shows 0 seconds during the attempt', async () => {
    const clock = manualClock();
    const retries = retryStore({ clock });
    const answers = [
      async () => new Response(null, { status: 503 }),
      () => clock.sleep(500).then(() => new Response()),
    ];
    const stack = compose(observe(retries, { clock }), retry({ clock, delay: () => 2_000 }));
    const call = stack(() => answers.shift()!())(URL);
    const unsubscribe = retries.subscribe(() => {});
    await clock.advance(0);

    expect(retries.getSnapshot()[0]!.retryNow()).toBe(true);
    expect(retries.getSnapshot()).toMatchObject([{ seconds: 0, attempt: 2 }]);
    await clock.advance(0);
    expect(retries.getSnapshot()[0]!.retryNow()).toBe(false);
    await clock.advance(500);

    expect((await call).status).toBe(200);
    expect(retries.getSnapshot()).toEqual([]);
    unsubscribe();
  });

  it('never shortens the wait that the server asked for', async () => {
    const { api, clock, fetch, retries } = setUp([{ status: 503, headers: { 'retry-after': '9' } }, 200]);
    const call = api(URL);
    await clock.advance(0);

    expect(retries.getSnapshot()[0]!.retryNow()).toBe(false);
    await clock.advance(0);
    expect(fetch.calls).toHaveLength(1);
    await clock.runAll();
    await call;
  });

  it('drops a call that is given up, and a call that its caller aborts', async () => {
    const { api, clock, retries } = setUp([503, 503, 503]);
    const controller = new AbortController();
    const [givenUp, aborted] = [api(URL), api(`${URL}2`, { signal: controller.signal })];
    await clock.advance(0);
    controller.abort('gone');

    await expect(aborted).rejects.toBe('gone');
    expect(retries.getSnapshot()).toHaveLength(1);
    await clock.runAll();
    expect((await givenUp).status).toBe(503);
    expect(retries.getSnapshot()).toEqual([]);
  });

  it('has a timer only while somebody subscribes and a call waits', async () => {
    const { api, clock, retries, unsubscribe } = setUp([503, 200], 5_000);
    const before = clock.pending;
    const call = api(URL);
    await clock.advance(0);
    expect(clock.pending).toBe(before + 2);

    unsubscribe();
    unsubscribe();
    await clock.advance(0);
    expect(clock.pending).toBe(before + 1);
    const changed = vi.fn();
    await clock.advance(2_000);
    const again = retries.subscribe(changed);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(retries.getSnapshot()).toMatchObject([{ seconds: 3 }]);
    again();
    await clock.runAll();
    await call;
    expect(clock.pending).toBe(before);
  });

  it.each([
    ['resolves', true],
    ['goes on with', false],
  ])('sleeps once for each change of the seconds with a clock that %s a sleep which was ended', async (_, resolves) => {
    const clock = manualClock();
    const sleep = vi.fn((ms: number, signal?: AbortSignal) => {
      if (sleep.mock.calls.length > 50) return new Promise<void>(() => {});
      const ended = new Promise<void>((resolve) => resolves && signal?.addEventListener('abort', () => resolve()));
      return Promise.race([clock.sleep(ms), ended]);
    });
    const retries = retryStore({ clock: { now: clock.now, sleep } });
    const api = compose(
      observe(retries, { clock }),
      retry({ clock, delay: () => 5_000, budget: false }),
    )(fakeFetch([503]));
    retries.subscribe(() => {});
    for (let i = 0; i < 3; i++) void api(URL);

    await clock.advance(0);
    sleep.mockClear();
    await clock.advance(3_000);
    expect(sleep).toHaveBeenCalledTimes(3);
  });

  it('lists at most a hundred calls', async () => {
    const { api, clock, retries } = setUp([503]);
    const calls = Array.from({ length: 120 }, (_, n) => api(`${URL}&n=${n}`));
    await clock.advance(0);

    expect(retries.getSnapshot()).toHaveLength(100);
    await clock.runAll();
    await Promise.all(calls);
    expect(retries.getSnapshot()).toEqual([]);
  });

  it('ignores other events, and buttons of an earlier wait', () => {
    const retries = retryStore({ clock: manualClock() });
    const about = { callId: 1, method: 'GET', url: URL, cause: '503', source: 'backoff', ms: 2_000, maxRetries: 2 };
    const tell = (members: object) => retries({ ...about, ...members } as SteadfetchEvent);
    tell({ type: 'wait', attempt: 1, retryNow: () => true });
    const [old] = retries.getSnapshot();
    tell({ type: 'gate', action: 'wait' });
    tell({ type: 'attempt' });
    expect(retries.getSnapshot()).toEqual([old]);

    tell({ type: 'wait', attempt: 2, retryNow: () => true });
    expect(old!.retryNow()).toBe(true);

    expect(retries.getSnapshot()).toMatchObject([{ attempt: 3, seconds: 2 }]);
  });

  it('notifies the other subscribers if one throws, rejects, unsubscribes or subscribes again', async () => {
    const { api, changed, clock, retries, unsubscribe } = setUp([503, 200]);
    unsubscribe();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    retries.subscribe(() => {
      throw new Error('mine');
    });
    retries.subscribe(() => Promise.reject(new Error('mine')) as never);
    let leave = () => {};
    let anew = 0;
    const again = () => {
      anew++;
      leave();
      leave = retries.subscribe(again);
      gone();
    };
    leave = retries.subscribe(again);
    const gone = retries.subscribe(changed);
    retries.subscribe(changed);

    const call = api(URL);
    await clock.runAll();
    await call;
    await new Promise((resolve) => setImmediate(resolve));

    // an entry appears with 3 seconds, counts down to 1, and disappears
    expect(anew).toBe(4);
    expect(changed).toHaveBeenCalledTimes(4);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('is empty on the server', async () => {
    const { api, clock, retries } = setUp([503, 200]);
    const call = api(URL);
    await clock.advance(0);

    expect(renderToString(createElement(Count, { retries }))).toBe('<p>0</p>');
    await clock.runAll();
    await call;
  });

  it.each([
    [{ clok: {} }, /^retryStore: unknown option 'clok'/],
    [{ clock: {} }, /^retryStore: clock/],
  ])('refuses %o', (options, message) => {
    expect(() => retryStore(options as never)).toThrow(message);
  });
});
