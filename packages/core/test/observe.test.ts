import { Call, compose, defineMiddleware, type Fetch, observe, type SteadfetchEvent } from '@steadfetch/core';
import { fakeFetch, instantClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';

const URL = 'https://user:secret@api.test/x?token=1#part';
const pass = defineMiddleware((call, next) => next(call));
/** Sends the call twice, as a retry does. */
const twice = defineMiddleware(async (call, next) => {
  await next(call.asAttempt(1));
  return next(call.asAttempt(2, 'last'));
});
const foreign =
  (next: Fetch): Fetch =>
  (input, init) =>
    next(input, init);

function recording() {
  const events: SteadfetchEvent[] = [];
  const listener = (event: SteadfetchEvent) => events.push(event);
  const types = () => events.map(({ type, attempt }) => `${type} ${attempt}`);
  return { events, types, listener };
}

describe('observe', () => {
  it('reports the end of a request before that of its call, where an abort or a timeout outside has ended both', async () => {
    const { events, types, listener } = recording();
    const inner = recording();
    let fail!: (error: Error) => void;
    const request = new Promise<Response>((_, reject) => {
      fail = reject;
    });
    const cut = new Error('cut');
    const ends = defineMiddleware((call, next) =>
      Promise.race([next(call.with({ signal: AbortSignal.abort(cut) })), Promise.reject(cut)]),
    );

    await expect(
      compose(observe(listener), ends, observe(inner.listener))(() => request)('https://api.test/x'),
    ).rejects.toBe(cut);
    expect(types()).toEqual(['start 1', 'attempt 1', 'end 1']);
    expect(events.slice(1)).toMatchObject([{ error: cut }, { error: cut, attempts: 1 }]);

    fail(new Error('late'));
    await vi.waitFor(() => expect(inner.types()).toEqual(['start 1', 'attempt 1', 'end 1']));
    expect(types()).toHaveLength(3);
  });

  it('reports the end of a request that goes on after another part of its call has failed', async () => {
    const { events, types, listener } = recording();
    const parts = defineMiddleware(async (call, next) => {
      const [first] = await Promise.all([next(call), next(call)]);
      return first!;
    });
    let answer!: (response: Response) => void;
    const slow = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    const answers = [Promise.reject(new Error('one part')), slow];

    await expect(compose(observe(listener), parts)(() => answers.shift()!)('https://api.test/x')).rejects.toThrow(
      'one',
    );
    expect(types()).toEqual(['start 1', 'attempt 1', 'end 1']);

    answer(new Response());
    await vi.waitFor(() => expect(events[3]).toMatchObject({ type: 'attempt', status: 200 }));
  });

  it('reports the end of a request that ignores its abort before what follows, with the reason of the abort', async () => {
    const { events, types, listener } = recording();
    const inner = recording();
    const cut = new Error('cut');
    const again = defineMiddleware((call, next) => {
      const controller = new AbortController();
      void next(call.with({ signal: controller.signal }));
      controller.abort(cut);
      return next(call.asAttempt(2));
    });
    const answers = [new Promise<Response>(() => {}), Promise.resolve(new Response())];

    await compose(observe(listener), again, observe(inner.listener))(() => answers.shift()!)('https://api.test/x');
    expect(types()).toEqual(['start 1', 'attempt 1', 'attempt 2', 'end 2']);
    expect(events[1]).toMatchObject({ error: cut });
    expect(events[3]).toMatchObject({ attempts: 2 });
    expect(inner.types()).toEqual(['start 1', 'start 2', 'attempt 1', 'attempt 2', 'end 2']);
  });

  it('reports the end as that of the latest attempt, where an earlier one ends after it', async () => {
    const { types, listener } = recording();
    const failed = new Error('failed');
    const hedge = defineMiddleware(
      (call, next) => Promise.all([next(call.asAttempt(1)), next(call.asAttempt(2))]) as never,
    );
    let fail!: (error: Error) => void;
    const first = new Promise<Response>((_, reject) => {
      fail = reject;
    });
    const answers = [first, Promise.resolve(new Response())];

    const call = compose(observe(listener), hedge)(() => answers.shift()!)('https://api.test/x');
    await vi.waitFor(() => expect(types()).toContain('attempt 2'));
    fail(failed);
    await expect(call).rejects.toBe(failed);
    expect(types()).toEqual(['start 1', 'attempt 2', 'attempt 1', 'end 2']);
  });

  it('reports the end of a second request later, where a first one has answered the call', async () => {
    const { types, listener } = recording();
    let answer!: (response: Response) => void;
    const answers = [
      Promise.resolve(new Response()),
      new Promise<Response>((resolve) => {
        answer = resolve;
      }),
    ];
    const hedge = defineMiddleware((call, next) => Promise.race([next(call.asAttempt(1)), next(call.asAttempt(2))]));

    await compose(observe(listener), hedge)(() => answers.shift()!)('https://api.test/x');
    expect(types()).toEqual(['start 1', 'attempt 1', 'end 1']);

    answer(new Response());
    await vi.waitFor(() => expect(types()).toEqual(['start 1', 'attempt 1', 'end 1', 'attempt 2']));
  });

  it('reports the start, each attempt and the end of a call', async () => {
    const { events, listener } = recording();
    const clock = instantClock();
    const slow: Fetch = async () => {
      clock.advance(7);
      return new Response('x', { status: 201 });
    };

    await compose(observe(listener, { clock }), twice)(slow)('https://api.test/x', { method: 'put' });

    const shared = { callId: expect.any(Number), method: 'PUT', origin: 'https://api.test', url: 'https://api.test/x' };
    const at = clock.now();
    expect(events).toEqual([
      { type: 'start', ...shared, attempt: 1, at: at - 14, elapsed: 0 },
      {
        type: 'attempt',
        ...shared,
        attempt: 1,
        at: at - 7,
        elapsed: 7,
        ms: 7,
        status: 201,
        response: expect.anything(),
      },
      { type: 'attempt', ...shared, attempt: 2, at, elapsed: 14, ms: 7, status: 201, response: expect.anything() },
      {
        type: 'end',
        ...shared,
        attempt: 2,
        at,
        elapsed: 14,
        ms: 14,
        attempts: 2,
        status: 201,
        response: expect.anything(),
      },
    ]);
    expect(events.every(Object.isFrozen)).toBe(true);
  });

  it('reports the error of an attempt and of the call, which stays the same', async () => {
    const { events, listener } = recording();
    const error = new TypeError('fetch failed');

    const call = compose(observe(listener), pass)(() => Promise.reject(error))('https://api.test/');

    await expect(call).rejects.toBe(error);
    expect(events.map((event) => [event.type, (event as { error?: unknown }).error])).toEqual([
      ['start', undefined],
      ['attempt', error],
      ['end', error],
    ]);
  });

  it('leaves credentials, query and fragment out', async () => {
    const { events, listener } = recording();

    await observe(listener)(async () => new Response())(URL);

    expect(JSON.stringify(events)).not.toMatch(/secret|token|part/);
  });

  it('says the URL of the server that a layer inside sends an attempt to, and else that of the call', async () => {
    const { events, listener } = recording();
    const elsewhere = defineMiddleware((call, next) =>
      next(call.attempt === 1 ? call : call.with({ input: 'https://backup.test/y' })),
    );

    await compose(observe(listener), twice, elsewhere)(async () => new Response())(URL);

    expect(events.map(({ type, url }) => `${type} ${url}`)).toEqual([
      'start https://api.test/x',
      'attempt https://api.test/x',
      'attempt https://backup.test/y',
      'end https://api.test/x',
    ]);
  });

  it('has the meta of the call in each event', async () => {
    const { events, listener } = recording();

    await observe(listener)(async () => new Response())(URL, { steadfetch: { meta: 'job 7' } });

    expect(events.map(({ meta }) => meta)).toEqual(['job 7', 'job 7', 'job 7']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('listener');
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener'))],
    ['never ends', () => new Promise(() => {})],
  ])('changes nothing when its listener %s', async (_, listener) => {
    const fetch = fakeFetch([200]);

    const response = await compose(observe(listener), twice)(fetch)('https://api.test/');

    expect([response.status, fetch.calls.length]).toEqual([200, 2]);
  });

  it('reports nothing of a call whose members cannot be read', async () => {
    const { events, listener } = recording();
    const unreadable: string = Object.assign(Object(''), { toString: () => 'https://api.test/' });
    const request = {
      url: 'https://api.test/',
      headers: [],
      get method(): string {
        throw new Error('no');
      },
    };

    const answers = [request, unreadable].map((input) =>
      observe(listener)(async () => new Response())(input as string),
    );

    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    expect(events.map(({ type }) => type)).toEqual(['start', 'attempt', 'end']);
  });

  it('gets what the call meets below it: the same objects as an outer observer, but for start and end', async () => {
    const [outer, inner] = [recording(), recording()];

    await compose(observe(outer.listener), twice, observe(inner.listener))(async () => new Response())(
      'https://api.test/',
    );

    expect(outer.types()).toEqual(['start 1', 'attempt 1', 'attempt 2', 'end 2']);
    expect(inner.types()).toEqual(['start 1', 'attempt 1', 'end 1', 'start 2', 'attempt 2', 'end 2']);
    expect(inner.events[1]).toBe(outer.events[1]);
    expect(new Set([...outer.events, ...inner.events].map(({ callId }) => callId)).size).toBe(1);
  });

  it('gets each event once where it stands in a stack twice', async () => {
    const { types, listener } = recording();
    const observer = observe(listener);

    await compose(observer, pass, observer)(async () => new Response())('https://api.test/');

    expect(types()).toEqual(['start 1', 'attempt 1', 'end 1']);
  });

  it.each([
    ['with layers of ours inside', [foreign, twice], ['start 1', 'attempt 1', 'attempt 2', 'end 2']],
    ['with nothing of ours inside', [twice, foreign], ['start 1', 'attempt 1', 'attempt 2', 'end 2']],
    ['around another', [foreign, foreign, pass, foreign], ['start 1', 'attempt 1', 'end 1']],
  ])('hears each request once through a foreign wrapper %s', async (_, layers, told) => {
    const { types, listener } = recording();

    await compose(observe(listener), ...layers)(async () => new Response())('https://api.test/');

    expect(types()).toEqual(told);
  });

  it('reports each call with another number', async () => {
    const { events, listener } = recording();
    const fetch = observe(listener)(async () => new Response());

    await Promise.all([fetch('https://api.test/'), fetch('https://api.test/')]);

    expect(new Set(events.map(({ callId }) => callId)).size).toBe(2);
  });

  it('is one with an observer of another copy of the package: the same events, and no number twice', async () => {
    vi.resetModules();
    const other = await import('@steadfetch/core');
    const [outer, inner] = [recording(), recording()];
    const send = async () => new Response();
    await observe(outer.listener)(other.observe(inner.listener)(send))('https://api.test/');
    await other.observe(inner.listener)(send)('https://api.test/');
    await observe(outer.listener)(send)('https://api.test/');

    const told = ({ events }: typeof outer) => events.map(({ type, callId }) => [type, callId]);
    const [first, second, third] = [...new Set([...inner.events, ...outer.events].map(({ callId }) => callId))];
    const all = (callId: number) => ['start', 'attempt', 'end'].map((type) => [type, callId]);
    expect(told(inner)).toEqual([...all(first!), ...all(second!)]);
    expect(told(outer)).toEqual([...all(first!), ...all(third!)]);
    expect(third).toBeGreaterThan(second!);
  });

  it('counts by itself where nothing can be added to the global object', async () => {
    const COUNT = Symbol.for('steadfetch.calls.1');
    await observe(() => {})(async () => new Response())('https://api.test/');
    const shared = Object.getOwnPropertyDescriptor(globalThis, COUNT)!;
    Reflect.deleteProperty(globalThis, COUNT);
    const define = vi.spyOn(Reflect, 'defineProperty').mockReturnValue(false);
    vi.resetModules();
    const { events, listener } = recording();
    const other = await import('@steadfetch/core');
    await other.observe(listener)(async () => new Response())('https://api.test/');
    define.mockRestore();
    Object.defineProperty(globalThis, COUNT, shared);

    expect(events.map(({ callId }) => callId)).toEqual([1, 1, 1]);
  });

  it('leaves a call without an observer where there is none', () => {
    expect(Call.from('https://api.test/').observed).toBeUndefined();
  });

  it.each([
    [() => observe(undefined as never), 'observe: listener: expected a function, got undefined'],
    [
      () => observe(() => {}, { clock: 1 as never }),
      'observe: clock.now: expected a function, got undefined of clock 1',
    ],
  ])('refuses what cannot work: %#', (make, message) => {
    expect(make).toThrow(new TypeError(message));
  });
});
