import { compose, defineMiddleware, drain, type Fetch, observe, online } from '@steadfetch/core';
import { fakeFetch, manualClock, networkError } from '@steadfetch/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { browser } from './support/browser.ts';

const URL = 'https://api.test/x';

const error = (call: Promise<unknown>) => call.catch((thrown: unknown) => thrown);

afterEach(() => void vi.unstubAllGlobals());

describe('online', () => {
  it('passes calls through while the browser is online, without listeners and timers', async () => {
    const { api, clock, listeners, told } = browser();
    const call = api(URL);
    await clock.advance(10);

    expect((await call).status).toBe(200);
    expect([listeners.count, clock.pending, told()]).toEqual([0, 0, ['start', 'attempt', 'end']]);
  });

  it('sends waiting calls with the next call where no event says that the network is back, as in workers of Chromium', async () => {
    const { api, clock, sent, state } = browser({ says: false, network: false });
    const calls = [api(URL), api(URL), api(URL, { method: 'POST' })];
    await clock.advance(100);
    expect(sent).toEqual(['GET', 'GET']);

    Object.assign(state, { says: true, network: true });
    calls.push(api(URL));
    await clock.advance(10);

    expect(sent).toHaveLength(6);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(clock.pending).toBe(0);
  });

  it('sends all waiting calls after 15 s where nothing else tells that the network is back: the first one may hang', async () => {
    const { api, clock, sent, state } = browser({ says: false, network: false });
    const calls = [api(URL), api(URL), api(URL, { method: 'POST' })];
    await clock.advance(14_000);
    Object.assign(state, { says: true, network: true });

    await clock.advance(1_000);
    expect(sent).toEqual(['GET', 'GET', 'POST', 'GET', 'GET']);

    await clock.advance(10);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(clock.pending).toBe(0);
  });

  it('holds calls back again after the browser was wrong, where no event says that it is right', async () => {
    const { api, clock, listeners, sent, state } = browser({ says: false, network: true });
    void api(URL, { method: 'PUT' });
    await clock.advance(10);
    state.says = true;
    void api(URL);
    await clock.advance(10);
    expect([sent.length, listeners.count]).toEqual([2, 0]);

    Object.assign(state, { says: false, network: false });
    const call = api(URL);
    await clock.advance(1_000);
    expect(sent).toHaveLength(3);

    Object.assign(state, { says: true, network: true });
    void api(URL);
    await clock.advance(10);
    expect((await call).status).toBe(200);
  });

  it('waits while the browser is offline, and goes on when it is back', async () => {
    const { api, change, clock, listeners, sent, told } = browser({ says: false, network: false });
    const call = api(URL);
    await clock.advance(12_000);
    expect(sent).toHaveLength(1);

    change(true);
    await clock.advance(10);

    expect(await (await call).text()).toBe('fine');
    expect(told()).toEqual(['start', 'probe 0', 'attempt', 'wait 1', 'released 0', 'attempt', 'end']);
    expect([listeners.count, clock.pending]).toEqual([0, 0]);
  });

  it('sends each call once, and one in 15 s all the same, which waits on if it finds no network', async () => {
    const { api, change, clock, sent } = browser({ says: false, network: false });
    const calls = Array.from({ length: 5 }, () => api(URL));
    await clock.advance(1_000);
    expect([sent.length, clock.pending]).toEqual([5, 1]);
    await clock.advance(59_010);
    expect(sent).toHaveLength(9);

    change(true);
    await clock.advance(10);

    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(clock.pending).toBe(0);
  });

  it('ignores what the browser says once a call was answered, until it says something else', async () => {
    const { api, change, clock, listeners, sent, told } = browser({ says: false, network: true });
    const calls = [api(URL, { method: 'PUT' }), api(URL), api(URL, { method: 'POST' })];
    await clock.advance(20);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(sent).toEqual(['PUT', 'GET', 'POST']);

    const later = api(URL);
    await clock.advance(10);
    expect((await later).status).toBe(200);
    expect(told().slice(-3)).toEqual(['start', 'attempt', 'end']);
    expect(listeners.count).toBe(2);

    change(true);
    expect([listeners.count, clock.pending]).toEqual([0, 0]);
  });

  it('sends a POST as a probe only after 15 s, and only if no other waits', async () => {
    const { api, change, clock, sent } = browser({ says: false, network: false });
    const post = error(api(URL, { method: 'POST' }));
    await clock.advance(14_999);
    expect(sent).toEqual([]);

    await clock.advance(1);
    expect(sent).toEqual(['POST']);
    await clock.advance(10);
    expect(await post).toMatchObject({ name: 'TypeError' });

    const [second, get] = [api(URL, { method: 'POST' }), api(URL)];
    await clock.advance(16_000);
    expect(sent).toEqual(['POST', 'GET', 'GET']);
    change(true);
    await clock.advance(10);
    expect((await Promise.all([second, get])).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('holds no more than a call for each wait through a storm of events', async () => {
    const { api, change, clock, listeners, sent, state } = browser({ says: false, network: false });
    const calls = Array.from({ length: 20 }, () => api(URL));
    await clock.advance(10);
    for (let n = 0; n < 1_000; n++) change(false);
    expect([sent.length, listeners.count, clock.pending]).toEqual([20, 2, 1]);

    change(true);
    change(false);
    state.network = true;
    await clock.advance(10);

    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(sent).toHaveLength(40);
    expect(clock.pending).toBe(0);
  });

  it('ends a call that no network can help', async () => {
    const clock = manualClock();
    const wrong = Object.assign(new TypeError('fetch failed'), { cause: new Error('bad port') });
    const api = online({ clock, target: new EventTarget(), isOnline: () => false })(() => Promise.reject(wrong));

    expect(await error(api(URL))).toBe(wrong);
    expect(clock.pending).toBe(0);
  });

  it('sends no further probe of a call that has no time left, as when its client is closed', async () => {
    const { clock, layer, sent, server } = browser({ says: false, network: false });
    const draining = drain({ clock });
    const slow: Fetch = async (...call) => {
      await clock.sleep(20_000);
      return server(...call);
    };
    const call = error(compose(draining, layer)(slow)(URL));
    const closed = draining.close({ deadline: 60_000 });
    await clock.advance(60_000);

    expect(await call).toMatchObject({ name: 'TypeError' });
    expect(await closed).toEqual({ finished: 1, ended: 0 });
    expect(sent).toHaveLength(1);
  });

  it.each([undefined, null])(
    'takes %s of isOnline for no answer, as it is of navigator.onLine in Node',
    async (says) => {
      const { clock, server } = browser();
      const api = online({ clock, target: new EventTarget(), isOnline: () => says as never })(server);

      const call = api(URL, { method: 'POST' });
      await clock.advance(10);

      expect((await call).status).toBe(200);
    },
  );

  it('takes a promise of isOnline for no answer, and ignores its rejection', async () => {
    const isOnline = () => Promise.reject(new Error('no network state')) as unknown as boolean;

    expect((await online({ isOnline })(fakeFetch(200))(URL)).status).toBe(200);
  });

  it('sends a call again that the network fails after it was let go', async () => {
    const { api, change, clock, sent } = browser({ says: false, network: false });
    const call = error(api(URL));
    await clock.advance(10);

    change(true, false);
    await clock.advance(10);

    // no longer offline: the error is for a retry further out
    expect(await call).toMatchObject({ name: 'TypeError' });
    expect(sent).toHaveLength(2);
  });

  it('ends at once when the caller aborts, or an observer cancels', async () => {
    const { api, clock, events, listeners } = browser({ says: false, network: false });
    await error(Promise.race([api(URL, { signal: AbortSignal.abort() }), clock.advance(10)]));
    const controller = new AbortController();
    const aborted = error(api(URL, { signal: controller.signal }));
    const cancelled = error(api(URL));
    await clock.advance(20);

    controller.abort('gone');
    expect(await aborted).toBe('gone');
    const wait = events.findLast((event) => event.type === 'offline' && event.action === 'wait');
    (wait as { cancel?(): void }).cancel!();
    expect(await cancelled).toMatchObject({ name: 'AbortError' });
    expect([listeners.count, clock.pending]).toEqual([0, 0]);
  });

  it('rejects with the reason of an abort that comes as a probe fails', async () => {
    const { events, layer } = browser({ says: false });
    const controller = new AbortController();
    const failing: Fetch = () => {
      const failed = Promise.reject(networkError('ECONNRESET'));
      failed.catch(() => controller.abort('gone'));
      return failed;
    };
    const watched = compose(
      observe((event) => events.push(event)),
      layer,
    )(failing);

    expect(await error(watched(URL, { signal: controller.signal }))).toBe('gone');
    expect(events.map((event) => ('action' in event ? event.action : event.type))).not.toContain('wait');
  });

  it('hands on what fails for another reason than the network', async () => {
    const { clock, layer } = browser({ says: false });
    const ended = new DOMException('ended', 'AbortError');

    expect(await error(layer(() => Promise.reject(ended))(URL))).toBe(ended);
    expect(clock.pending).toBe(0);
  });

  it('takes a request that takes too long for one that finds no network', async () => {
    const { change, clock, layer, server } = browser({ says: false });
    const late = new DOMException('late', 'TimeoutError');
    const fetch = vi.fn(server).mockRejectedValueOnce(late);
    const call = layer(fetch)(URL);
    await clock.advance(10_000);
    expect(fetch).toHaveBeenCalledTimes(1);

    change(true);
    await clock.advance(10);
    expect((await call).status).toBe(200);
    expect(clock.pending).toBe(0);
  });

  it('sends no probe early where a clock ignores that an earlier wait has ended', async () => {
    const { clock, sent, server } = browser({ says: false, network: false });
    const ignoring = { now: () => clock.now(), sleep: (ms: number) => clock.sleep(ms) };
    const api = online({ clock: ignoring, target: new EventTarget(), isOnline: () => false })(server);
    const controller = new AbortController();
    const aborted = error(api(URL, { method: 'POST', signal: controller.signal }));
    await clock.advance(10_000);
    controller.abort();
    await aborted;
    const post = error(api(URL, { method: 'POST' }));
    await clock.advance(14_999);
    expect(sent).toEqual([]);

    await clock.advance(11);
    expect(await post).toMatchObject({ name: 'TypeError' });
  });

  it('hands on the error of a probe whose body cannot be sent again', async () => {
    const { api, clock } = browser({ says: false, network: false });
    const body = new ReadableStream({ start: (stream) => stream.close() });
    const call = error(api(URL, { method: 'PUT', body, duplex: 'half' } as RequestInit));
    await clock.advance(15_010);

    expect(await call).toMatchObject({ name: 'TypeError' });
  });

  it('sends the body of a Request with each probe', async () => {
    const bodies: string[] = [];
    const { change, clock, layer, state } = browser({ says: false, network: false });
    const api = layer(async (input) => {
      bodies.push(await (input as Request).text());
      if (!state.network) throw networkError('ENETUNREACH');
      return new Response();
    });
    const call = api(new Request(URL, { method: 'PUT', body: 'data' }));
    await clock.advance(15_000);
    change(true);
    await clock.advance(0);

    expect((await call).status).toBe(200);
    expect(bodies).toEqual(['data', 'data', 'data']);
  });

  it('repeats no call that says `retry: false`', async () => {
    const { clock, layer, sent, server } = browser({ says: false, network: false });
    const off = defineMiddleware((call, next) => next(call.with({ retried: 'off' })));
    const call = error(compose(off, layer)(server)(URL));
    await clock.advance(60_000);

    expect(await call).toMatchObject({ cause: { code: 'ENETUNREACH' } });
    expect(sent).toHaveLength(1);
  });

  it('takes a browser that cannot say for online, also when its word changes', async () => {
    const clock = manualClock();
    const target = new EventTarget();
    const says = [false, false, false];
    const isOnline = () => {
      if (says.length === 0) throw new Error('no word');
      return says.pop()!;
    };
    const layer = online({ clock, target, isOnline });
    const order = layer(fakeFetch(200))(URL, { method: 'POST' });
    says.length = 0;
    target.dispatchEvent(new Event('online'));

    expect((await order).status).toBe(200);
    expect((await layer(fakeFetch(200))(URL)).status).toBe(200);
    expect(clock.pending).toBe(0);
  });

  it('hands over each outcome where what has the events throws', async () => {
    const fail = () => {
      throw new Error('no events');
    };
    const clock = manualClock();
    const target = { addEventListener: fail, removeEventListener: fail };
    const fetch = vi.fn(fakeFetch([200, 200, 200])).mockRejectedValueOnce(networkError('ENETUNREACH'));
    const api = online({ clock, target, isOnline: () => false })(fetch);
    const [put, order] = [api(URL, { method: 'PUT' }), api(URL, { method: 'POST' })];
    await clock.advance(15_000);

    expect([(await put).status, (await order).status]).toEqual([200, 200]);
    expect((await api(URL)).status).toBe(200);
    expect(clock.pending).toBe(0);
  });

  it('passes calls through where there is no navigator.onLine, as in Node, and no event target', async () => {
    for (const navigator of [undefined, {}, { onLine: true }]) {
      vi.stubGlobal('navigator', navigator);
      expect((await online()(fakeFetch(200))(URL)).status).toBe(200);
    }
    vi.stubGlobal('navigator', { onLine: false });
    vi.stubGlobal('addEventListener', undefined);
    vi.stubGlobal('removeEventListener', undefined);
    expect((await online()(fakeFetch(200))(URL)).status).toBe(200);
  });

  it.each([
    [{ probeEvery: 0 }, /^online: probeEvery: .*got 0/],
    [{ isOnline: true }, /^online: isOnline: expected a function/],
    [{ target: {} }, /^online: target/],
    [{ clock: {} }, /^online: clock/],
    [{ every: 1 }, /^online: unknown option 'every'/],
  ])('refuses %o', (options, message) => {
    expect(() => online(options as never)).toThrow(message);
  });
});
