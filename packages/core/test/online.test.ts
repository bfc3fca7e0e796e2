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

  it('sends waiting calls with the next call if there is no online event, as in workers of Chromium', async () => {
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

  it('sends all waiting calls after 15 s if only navigator.onLine changed: the first call may hang', async () => {
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

  it('makes calls wait again after the browser was wrong, also without an event', async () => {
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

  it('sends each call once as a probe, then one every 15 s, which waits again if it finds no network', async () => {
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

  it('ignores what the browser says after an answer, until it says something else', async () => {
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

  it('sends a POST as a probe only after 15 s, and only if no waiting call can be repeated', async () => {
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

  it('sends a call again at once if the browser came back while its probe was under way', async () => {
    const { api, change, clock, sent, told } = browser({ says: false, network: false });
    const call = api(URL);
    await clock.advance(5);
    change(true, false);
    await clock.advance(5); // the probe fails
    change(true);
    await clock.advance(10);

    expect((await call).status).toBe(200);
    expect(sent).toHaveLength(2);
    expect(told()).not.toContain('wait 1');
  });

  it('sends each call once, whatever the number of events', async () => {
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

  it('ends a call that would fail on any network', async () => {
    const clock = manualClock();
    const wrong = Object.assign(new TypeError('fetch failed'), { cause: new Error('bad port') });
    const api = online({ clock, target: new EventTarget(), isOnline: () => false })(() => Promise.reject(wrong));

    expect(await error(api(URL))).toBe(wrong);
    expect(clock.pending).toBe(0);
  });

  it('sends no further probe for a call without time left, as after close()', async () => {
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

  it('treats a promise from isOnline as online, and ignores its rejection', async () => {
    const isOnline = () => Promise.reject(new Error('no network state')) as unknown as boolean;

    expect((await online({ isOnline })(fakeFetch(200))(URL)).status).toBe(200);
  });

  it('leaves a call that fails after its release to an outer retry', async () => {
    const { api, change, clock, sent } = browser({ says: false, network: false });
    const call = error(api(URL));
    await clock.advance(10);

    change(true, false);
    await clock.advance(10);

    // the browser is online again, so an outer retry handles the error
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

  it('rejects with the abort reason if the abort comes as a probe fails', async () => {
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

  it('passes on an error that is no network error', async () => {
    const { clock, layer } = browser({ says: false });
    const ended = new DOMException('ended', 'AbortError');

    expect(await error(layer(() => Promise.reject(ended))(URL))).toBe(ended);
    expect(clock.pending).toBe(0);
  });

  it('treats a timeout as a missing network', async () => {
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

  it('sends no probe early if a clock ignores the abort of an earlier sleep', async () => {
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

  it('passes on the error of a probe whose body cannot be sent again', async () => {
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

  it('treats an unknown state of the browser as online, also when it changes', async () => {
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

  it('passes on each outcome if the event target throws', async () => {
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

  it('passes calls through without navigator.onLine, as in Node, and without an event target', async () => {
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
