import { getEventListeners } from 'node:events';
import { fakeFetch } from '@steadfetch/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timeout } from '../src/index.ts';
import { settled, URL } from './stubs.ts';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('timeout without WeakRef and FinalizationRegistry', () => {
  const controller = new AbortController();
  const request = new Request(URL, { signal: controller.signal }); // needs both, in Node

  beforeEach(() => {
    vi.stubGlobal('WeakRef', undefined);
    vi.stubGlobal('FinalizationRegistry', undefined);
  });
  afterEach(() => vi.unstubAllGlobals());

  it('leaves no listener on a long-lived signal, whether the body is read or not', async () => {
    const { signal } = new AbortController();
    const fetch = timeout({ headers: 5_000, body: 5_000 })(fakeFetch({ body: 'ok' }));

    await fetch(URL, { signal });
    await (await fetch(URL, { signal })).text();

    expect(listeners(signal)).toBe(0);
  });

  it('passes an abort on while the body is read', async () => {
    const { signal, abort } = aborting();
    const response = await timeout(5_000)(fakeFetch({ body: 'long', fault: 'stall-body' }))(URL, { signal });
    const reading = settled(response.text());

    abort('leave');

    expect(await reading).toEqual({ error: 'leave' });
    expect(listeners(signal)).toBe(0);
  });

  it('passes the abort of a Request on', async () => {
    const response = await timeout(5_000)(fakeFetch({ body: 'long', fault: 'stall-body' }))(request);
    const reading = settled(response.text());

    controller.abort('leave');

    expect(await reading).toEqual({ error: 'leave' });
  });
});

describe('timeout if fetch returns streams that a Response cannot hold', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([5_000, { body: 5_000 }])('returns the response unchanged: %j', async (limits) => {
    const given = await fakeFetch({ body: 'fine' })(URL);
    vi.stubGlobal('Response', TextResponse);

    const response = await timeout(limits)(async () => given)(URL, { signal: new AbortController().signal });

    expect(response).toBe(given);
    expect(await response.text()).toBe('fine');
  });

  it('does not access the body, which Expo up to SDK 55 would start to read', async () => {
    const given = await fakeFetch({ body: 'fine' })(URL);
    const look = vi.fn();
    Object.defineProperty(given, 'body', { get: look });
    vi.stubGlobal('Response', TextResponse);

    for (const signal of [undefined, new AbortController().signal]) {
      await timeout({ headers: 5_000, body: 5_000 })(async () => given)(URL, { signal: signal! });
    }

    expect(look).not.toHaveBeenCalled();
  });

  it.each([undefined, 'nothing', { ok: true }])('returns what a mock returns: %j', async (answer) => {
    vi.stubGlobal('Response', TextResponse);
    const { signal } = new AbortController();

    expect(await timeout(5_000)(async () => answer as never)(URL, { signal })).toBe(answer);
    expect(listeners(signal)).toBe(0);
  });

  it('passes an abort on while the body is read', async () => {
    const { signal, abort } = aborting();
    const stalling = fakeFetch({ body: 'long', fault: 'stall-body' });
    const keeping: typeof fetch = async (...call) => {
      const response = await stalling(...call);
      vi.stubGlobal('Response', TextResponse);
      return response;
    };
    const response = await timeout(5_000)(keeping)(URL, { signal });
    const reading = settled(response.text());

    abort('leave');

    expect(await reading).toEqual({ error: 'leave' });
  });
});

describe('timeout if a script cannot make streams, as in a content script of Firefox', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([5_000, { headers: 5_000, body: 5_000 }])('returns the response unchanged: %j', async (limits) => {
    const given = new Response('fine');
    vi.stubGlobal('ReadableStream', PageStream); // after the response, which Node makes one for
    const { signal } = new AbortController();

    expect(await timeout(limits)(async () => given)(URL, { signal })).toBe(given);
    expect(await timeout(limits)(async () => given)(URL)).toBe(given);
    expect(await given.text()).toBe('fine');
  });

  it('passes an abort on while the body is read', async () => {
    const { signal, abort } = aborting();
    const stalling = fakeFetch({ body: 'long', fault: 'stall-body' });
    const response = await timeout(5_000)(async (...call) => {
      const given = await stalling(...call);
      vi.stubGlobal('ReadableStream', PageStream);
      return given;
    })(URL, { signal });
    const reading = settled(response.text());

    abort('leave');

    expect(await reading).toEqual({ error: 'leave' });
  });
});

/** The `ReadableStream` of the page, which may not read what the script passes to it. */
class PageStream {
  constructor(source?: object) {
    if (source) throw new Error('Permission denied to access property "autoAllocateChunkSize"');
  }
}

/** Like that of React Native. */
class TextResponse {
  readonly text: () => Promise<string>;

  constructor(body?: unknown) {
    this.text = async () => String(body);
  }
}

function aborting(): { signal: AbortSignal; abort: (reason: unknown) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
