import { getEventListeners } from 'node:events';
import { PassThrough } from 'node:stream';
import { compose, type Fetch } from '@steadfetch/core';
import { manualClock } from '@steadfetch/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timeout } from '../src/index.ts';
import { settled, slowFetch, URL } from './stubs.ts';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

/** A response like that of node-fetch: its body is a Node stream, which ends when the signal aborts. */
function nodeFetch(): { fetch: Fetch; body: PassThrough; response: Response } {
  const body = new PassThrough();
  const facts = { status: 200, ok: true, url: URL, bodyUsed: false, headers: new Headers() };
  const response = { ...facts, body } as unknown as Response;
  const fetch: Fetch = async (_input, init) => {
    init!.signal!.addEventListener('abort', () => body.destroy(new Error('aborted by the signal')));
    return response;
  };
  return { fetch, body, response };
}

describe.each([
  ['one limit', timeout(5_000)],
  ['a body limit', timeout({ headers: 5_000, body: 5_000 })],
  ['two limits', compose(timeout(9_000), timeout({ headers: 5_000, body: 5_000 }))],
])('timeout with %s and a body that is a Node stream', (_name, stack) => {
  it('returns the same response, and leaves no listener after the body has ended', async () => {
    const { signal } = new AbortController();
    const { fetch, body, response } = nodeFetch();

    const result = await stack(fetch)(URL, { signal });
    body.end('ok');
    const parts = [];
    for await (const part of body) parts.push(String(part));

    expect(result).toBe(response);
    expect(parts).toEqual(['ok']);
    await expect.poll(() => listeners(signal)).toBe(0);
  });

  it("passes the caller's abort on while the body is read", async () => {
    const controller = new AbortController();
    const { fetch, body } = nodeFetch();
    await stack(fetch)(URL, { signal: controller.signal });
    const closed = new Promise((resolve) => body.on('error', resolve));

    controller.abort('gone');

    expect(await closed).toMatchObject({ message: 'aborted by the signal' });
  });

  it('returns the same response without a signal, too', async () => {
    const { fetch, response } = nodeFetch();

    expect(await stack(fetch)(URL)).toBe(response);
  });
});

describe('timeout', () => {
  it('returns a mock whose body is not a stream', async () => {
    const { signal } = new AbortController();
    for (const body of ['text', { parts: [] }]) {
      const mock = { status: 200, body } as unknown as Response;

      expect(await timeout(5_000)(async () => mock)(URL, { signal })).toBe(mock);
    }
  });

  it.each([
    ['one limit', timeout(5_000)],
    ['a body limit', timeout({ headers: 5_000, body: 5_000 })],
  ])(
    'with %s keeps how a fetch inside has its response read, such as a json() that revives dates',
    async (_, layer) => {
      const controller = new AbortController();
      const signals: AbortSignal[] = [];
      const fetch: Fetch = async (_input, init) => {
        const response = Response.json('2020-01-01');
        const read = response.json.bind(response);
        response.json = async () => new Date(await read());
        signals.push(init!.signal!);
        return response;
      };

      const response = await layer(fetch)(URL, { signal: controller.signal });

      expect(await response.json()).toEqual(new Date('2020-01-01'));
      controller.abort('gone');
      expect(signals[0]!.reason).toBe('gone');
    },
  );

  it('keeps properties that a fetch inside has added to its response', async () => {
    const { signal } = new AbortController();
    const fetch: Fetch = async () => Object.assign(new Response('ok'), { tookMs: 5 });

    const response = await timeout(5_000)(fetch)(URL, { signal });

    expect(response).toHaveProperty('tookMs', 5);
    expect(await response.text()).toBe('ok');
  });

  describe('with an answer that comes too late', () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    beforeEach(() => void process.on('unhandledRejection', note));
    afterEach(() => void process.off('unhandledRejection', note));

    it.each([
      ['nothing', undefined],
      ['null', null],
      [
        'an object that breaks',
        {
          get body() {
            throw new Error('no body');
          },
        },
      ],
    ])('discards %s without an unhandled rejection', async (_what, late) => {
      const clock = manualClock();
      const fetch = slowFetch({ ignoresSignal: true });
      const result = settled(timeout(10, { clock })(fetch)(URL));
      await clock.advance(10);

      fetch.answer(late as unknown as Response);
      await new Promise(setImmediate);
      await new Promise(setImmediate);

      expect(await result).toMatchObject({ error: { name: 'TimeoutError' } });
      expect(unhandled).toEqual([]);
    });
  });

  it('cancels the stream of a call whose signal has aborted already', async () => {
    let cancelled = false;
    const body = new ReadableStream({
      cancel: () => {
        cancelled = true;
      },
    });
    const init = { method: 'PUT', body, duplex: 'half', signal: AbortSignal.abort('gone') };

    await expect(timeout(5_000)(slowFetch())(URL, init as RequestInit)).rejects.toBe('gone');

    expect(cancelled).toBe(true);
  });

  it('adds one listener to a signal that many calls share', async () => {
    const controller = new AbortController();
    const fetch = timeout(5_000)(slowFetch());
    const calls = Array.from({ length: 100 }, () => settled(fetch(URL, { signal: controller.signal })));
    const carried = listeners(controller.signal);

    controller.abort('gone');

    expect(carried).toBe(1);
    expect(await Promise.all(calls)).toEqual(calls.map(() => ({ error: 'gone' })));
  });
});

describe.each([
  ['Node', false],
  ['Workers, where that counts as used', true],
])('timeout and a response that changes when its body is looked at, as in SvelteKit on %s', (_, countsAsUsed) => {
  const fetch: Fetch = async () => {
    const response = Object.defineProperty(new Response('ok'), 'url', { value: URL });
    let taken: ReadableStream | undefined;
    return new Proxy(response, {
      get: (target, name) => {
        if (name === 'body') taken ??= target.body!.tee()[1];
        if (name === 'body') return taken;
        if (name === 'bodyUsed' && countsAsUsed) return taken !== undefined;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };

  it.each<[string, Parameters<Fetch>]>([
    ['without a signal', [URL]],
    ['with a signal', [URL, { signal: new AbortController().signal }]],
    ['by a Request', [new Request(URL)]],
  ])('can be read after a call %s', async (_, args) => {
    for (const limits of [5_000, { headers: 5_000, body: 5_000 }]) {
      const response = await timeout(limits)(fetch)(...args);

      expect(await response.text()).toBe('ok');
    }
  });
});

describe('timeout and a Response whose body is a member of its base class, as in Workers', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('returns the response to a Request unchanged', async () => {
    const response = Object.defineProperty(new Response('ok'), 'url', { value: URL });
    vi.stubGlobal('Response', class extends Response {});

    expect(await timeout(5_000)(async () => response)(new Request(URL))).toBe(response);
  });
});
