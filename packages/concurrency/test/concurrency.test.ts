import { getEventListeners } from 'node:events';
import { classifyError, localRefusal } from '@steadfetch/core';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ConcurrencyOptions, concurrency, type QueueEvent, QueueFullError } from '../src/index.ts';
import { heldFetch, settled, URL } from './held-fetch.ts';

/** Calls again as soon as a call is rejected. */
async function sendUntilTaken(send: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const response = await send().catch(() => undefined);
    if (response) return response;
  }
}

describe('concurrency', () => {
  it('starts calls at once while slots are free', () => {
    const fetch = heldFetch();
    const send = concurrency(2)(fetch);

    void send(URL);
    void send(URL);

    expect(fetch.started).toHaveLength(2);
  });

  it('makes other calls wait, first come, first served', async () => {
    const fetch = heldFetch();
    const send = concurrency(2)(fetch);
    const calls = ['a', 'b', 'c', 'd', 'e'].map((name) => send(URL + name));

    for (let call = 0; call < 5; call++) await fetch.answer();

    await Promise.all(calls);
    expect(fetch.started.map((url) => url.slice(-1)).join('')).toBe('abcde');
    expect(fetch.peak).toBe(2);
  });

  it('rejects a limited number of calls per turn of the event loop, so that a caller that retries at once does not block it', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const send = concurrency(1, { maxQueue: 0 })(async () => {
      await new Promise((resolve) => setTimeout(resolve, 3));
      return new Response('ok');
    });
    const sent = [send(URL), sendUntilTaken(() => send(URL))];

    await vi.advanceTimersByTimeAsync(10);

    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('continues a waiting call by a timer of its own in Workers, which end a request that waits for another one', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    vi.stubGlobal('WebSocketPair', class {});
    onTestFinished(() => {
      vi.useRealTimers();
      vi.unstubAllGlobals();
    });
    const fetch = heldFetch();
    const send = concurrency(1)(fetch);
    void send(URL);
    void send(URL);
    expect(fetch.started).toHaveLength(1);

    await fetch.answer();
    expect(fetch.started).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20);

    expect(fetch.started).toHaveLength(2);
    await fetch.answer();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not let a new call overtake', async () => {
    const fetch = heldFetch();
    const send = concurrency(1)(fetch);
    const first = send(`${URL}a`).then(() => send(`${URL}c`));
    void send(`${URL}b`);

    await fetch.answer();
    await fetch.answer();
    await fetch.answer();

    await first;
    expect(fetch.started.map((url) => url.slice(-1)).join('')).toBe('abc');
  });

  it('frees the slot of a call that failed', async () => {
    const fetch = heldFetch();
    const send = concurrency(1)(fetch);
    const error = new TypeError('fetch failed');
    const first = send(URL).catch((reason: unknown) => reason);
    const second = send(URL);

    await fetch.answer(error);
    await fetch.answer();

    expect(await first).toBe(error);
    expect((await second).status).toBe(200);
  });

  it('frees the slot of a call that threw at once', async () => {
    const send = concurrency(1)(() => {
      throw new Error('broken');
    });

    await expect(send(URL)).rejects.toThrow('broken');
    await expect(send(URL)).rejects.toThrow('broken');
  });

  it('returns the same response', async () => {
    const response = new Response('ok');

    expect(await concurrency(1)(async () => response)(URL)).toBe(response);
  });

  it('counts each origin separately', () => {
    const fetch = heldFetch();
    const send = concurrency(1)(fetch);

    void send('https://a.example.com/1');
    void send('https://a.example.com/2');
    void send('https://b.example.com/');

    expect(fetch.started).toEqual(['https://a.example.com/1', 'https://b.example.com/']);
  });

  it('counts by the key option', () => {
    const fetch = heldFetch();
    const limit = concurrency(1, { key: (call) => call.method });
    const send = limit(fetch);

    void send('https://a.example.com/');
    void send('https://b.example.com/');
    void send('https://b.example.com/', { method: 'DELETE' });

    expect(fetch.started).toHaveLength(2);
    expect(limit.snapshot('GET')).toEqual({ active: 1, queued: 1 });
    expect(limit.snapshot('DELETE')).toEqual({ active: 1, queued: 0 });
    expect(limit.snapshot('PUT')).toEqual({ active: 0, queued: 0 });
    expect(limit.snapshot()).toEqual({ active: 2, queued: 1 });
  });

  it('rejects a call if key() returns no string', async () => {
    const fetch = concurrency(1, { key: async () => 'a' } as never)(async () => new Response());

    await expect(fetch('https://api.test/')).rejects.toThrow(
      new TypeError('concurrency: key(): expected a string, got [object Promise]'),
    );
  });

  it('is empty after all calls have ended', async () => {
    const fetch = heldFetch();
    const limit = concurrency(1);
    const calls = [limit(fetch)(URL), limit(fetch)(URL)];

    await fetch.answer();
    await fetch.answer();

    await Promise.all(calls);
    expect(limit.snapshot()).toEqual({ active: 0, queued: 0 });
  });

  it('rejects a call at once if too many calls wait', async () => {
    const fetch = heldFetch();
    const send = concurrency(1, { maxQueue: 1 })(fetch);
    void send(URL);
    void send(URL);

    const error: unknown = await send(URL).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(QueueFullError);
    expect(error).toMatchObject({ name: 'QueueFullError', key: 'https://api.example.com', max: 1, maxQueue: 1 });
    expect((error as Error).message).toBe('https://api.example.com: 1 in flight and 1 waiting already');
    expect(classifyError(error)).toMatchObject({ kind: 'bug', permanent: true });
    expect(localRefusal(error)).toMatchObject({ local: true, reason: 'queue-full' });
  });

  it('rejects a call at once with maxQueue 0', async () => {
    const send = concurrency(1, { maxQueue: 0 })(heldFetch());
    void send(URL);

    await expect(send(URL)).rejects.toBeInstanceOf(QueueFullError);
  });

  it("rejects a waiting call at once with the caller's reason, and never starts it", async () => {
    const fetch = heldFetch();
    const limit = concurrency(1);
    const controller = new AbortController();
    void limit(fetch)(`${URL}a`);
    const waiting = limit(fetch)(`${URL}b`, { signal: controller.signal });
    const last = limit(fetch)(`${URL}c`);

    controller.abort(null);

    await expect(waiting).rejects.toBeNull();
    expect(limit.snapshot().queued).toBe(1);
    await fetch.answer();
    await fetch.answer();
    await last;
    expect(fetch.started).toEqual([`${URL}a`, `${URL}c`]);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('makes room in the queue when a waiting call is aborted', async () => {
    const controller = new AbortController();
    const send = concurrency(1, { maxQueue: 1 })(heldFetch());
    void send(URL);
    const waiting = send(URL, { signal: controller.signal }).catch(() => {});
    controller.abort();
    await waiting;

    const next = send(URL);
    void next.catch(() => {});

    expect(await Promise.race([next.catch(() => 'refused'), settled().then(() => 'waits')])).toBe('waits');
  });

  it('passes the slot on if its call is aborted at the moment when it gets the slot', async () => {
    const fetch = heldFetch();
    const controller = new AbortController();
    const send = concurrency(1)(fetch);
    void send(`${URL}a`);
    const second = send(`${URL}b`, { signal: controller.signal }).catch((reason: unknown) => reason);
    void send(`${URL}c`);

    void fetch.answer();
    for (let turn = 0; turn < 50 && fetch.started.length < 2; turn++) await Promise.resolve();
    controller.abort('gone');
    await settled();

    expect(await second).toBe('gone');
    expect(fetch.started.at(-1)).toBe(`${URL}c`);
  });

  it('does not start, nor queue, a call that is aborted already', async () => {
    const fetch = heldFetch();
    const send = concurrency(1)(fetch);

    await expect(send(URL, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
    expect(fetch.started).toHaveLength(0);
  });

  it('leaves no listener on a signal after a waiting call got its slot', async () => {
    const fetch = heldFetch();
    const { signal } = new AbortController();
    const send = concurrency(1)(async (input) => fetch(input));
    const calls = Array.from({ length: 100 }, () => send(URL, { signal }));

    for (const _call of calls) await fetch.answer();

    await Promise.all(calls);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('reports when a call has to wait', () => {
    const events: QueueEvent[] = [];
    const send = concurrency(1, { onQueue: (event) => events.push(event) })(heldFetch());

    for (let call = 0; call < 3; call++) void send(URL);

    const key = 'https://api.example.com';
    expect(events).toEqual([
      { key, active: 1, queued: 1 },
      { key, active: 1, queued: 2 },
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('hook');
      },
    ],
    ['rejects', () => Promise.reject(new Error('hook'))],
    ['never ends', () => new Promise<void>(() => {})],
  ])('takes no notice of a hook that %s', async (_what, onQueue) => {
    const fetch = heldFetch();
    const send = concurrency(1, { onQueue })(fetch);
    const calls = [send(URL), send(URL)];

    await fetch.answer();
    await fetch.answer();

    expect(await Promise.all(calls)).toHaveLength(2);
  });

  it('keeps its bound, its order and its counts whatever happens', async () => {
    const step = fc.oneof(fc.constantFrom('call', 'call', 'answer', 'fail'), fc.nat(9));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (steps, max) => {
        const fetch = heldFetch();
        const limit = concurrency(max, { maxQueue: 10 });
        const send = limit(fetch);
        const controllers: AbortController[] = [];
        let open = 0;
        for (const what of steps) {
          if (what === 'call') {
            const controller = new AbortController();
            controllers.push(controller);
            open++;
            void send(URL + controllers.length, { signal: controller.signal }).then(
              () => open--,
              () => open--,
            );
          } else if (typeof what === 'number') controllers[what]?.abort();
          else if (limit.snapshot().active > 0) await fetch.answer(what === 'fail' ? new Error('no') : undefined);
          await settled();
          const { active, queued } = limit.snapshot();
          expect(active + queued).toBe(open);
          expect(active).toBe(Math.min(open, max));
        }
        expect(fetch.peak).toBeLessThanOrEqual(max);
        const order = fetch.started.map((url) => Number(url.slice(URL.length)));
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [undefined, {}, TypeError, /^concurrency: max: .*undefined/],
    ['4', {}, TypeError, /^concurrency: max: .*"4"/],
    [0, {}, RangeError, /^concurrency: max: .*got 0/],
    [-1, {}, RangeError, /-1/],
    [1.5, {}, RangeError, /1\.5/],
    [Number.NaN, {}, RangeError, /NaN/],
    [1, { maxQueue: -1 }, RangeError, /^concurrency: maxQueue: .*-1/],
    [1, { maxQueue: '9' }, TypeError, /^concurrency: maxQueue: .*"9"/],
    [1, { maxQueue: Number.NaN }, RangeError, /NaN/],
    [1, { key: 'a' }, TypeError, /^concurrency: key: .*"a"/],
    [1, { onQueue: true }, TypeError, /^concurrency: onQueue: .*true/],
    [1, { queue: 1 }, TypeError, /^concurrency: unknown option 'queue'/],
    [1, null, TypeError, /^concurrency: .*null/],
  ])('refuses %o with %o', (max, options, kind, message) => {
    const build = () => concurrency(max as number, options as ConcurrencyOptions);

    expect(build).toThrow(kind);
    expect(build).toThrow(message);
  });
});
