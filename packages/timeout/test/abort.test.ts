import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { fakeFetch, startServer } from '@steadfetch/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { timeout } from '../src/index.ts';
import { handFed, settled, URL } from './stubs.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

const STACKS = {
  'one limit': timeout(5_000),
  'a body limit': timeout({ headers: 5_000, body: 5_000 }),
  'two limits': compose(timeout(9_000), timeout(5_000)),
  'two limits with body limits': compose(timeout({ headers: 9_000, body: 9_000 }), timeout({ body: 5_000 })),
};

describe.each(Object.entries(STACKS))('timeout with %s', (_name, stack) => {
  it('leaves no listener on a signal that outlives its calls', async () => {
    const { signal } = new AbortController();
    const fetch = stack(async () => new Response('ok'));

    for (let call = 0; call < 2_500; call++) {
      const response = await fetch(URL, { signal });
      if (call % 3 === 0) await response.text();
      if (call % 3 === 1) await response.body!.cancel();
    }

    expect(listeners(signal)).toBe(0);
  });

  it('leaves no listener after a response without a body, nor after an error', async () => {
    const { signal } = new AbortController();
    const replies = [async () => new Response(null), () => Promise.reject(new TypeError('fetch failed'))];
    const fetch = stack(() => replies.shift()!());

    await fetch(URL, { signal });
    await settled(fetch(URL, { signal }));

    expect(listeners(signal)).toBe(0);
  });

  it('leaves no listener after a body was read, or was cancelled before or during a read', async () => {
    const { signal } = new AbortController();
    const fetch = stack(fakeFetch({ body: 'ok' }));

    await (await fetch(URL, { signal })).text();
    await (await fetch(URL, { signal })).body!.cancel();
    const reader = (await fetch(URL, { signal })).body!.getReader();
    await reader.read();
    await reader.cancel();

    expect(listeners(signal)).toBe(0);
  });

  it("rejects a read at once with the caller's reason, though the body ignores it", async () => {
    const controller = new AbortController();
    const fed = handFed();
    const reason = { by: 'caller' };
    const response = await stack(async () => new Response(fed.body))(URL, { signal: controller.signal });
    const result = settled(response.text());
    fed.send('one');
    await new Promise(setImmediate);

    controller.abort(reason);

    expect(((await result) as { error: unknown }).error).toBe(reason);
    expect(fed.cancelled).toBe(reason);
    expect(listeners(controller.signal)).toBe(0);
  });

  it("rejects a read with the caller's reason when the abort came before it", async () => {
    const controller = new AbortController();
    const response = await stack(async () => new Response('ok'))(URL, { signal: controller.signal });

    controller.abort('gone');

    await expect(response.text()).rejects.toBe('gone');
  });

  it('closes the connection on an abort before the body is read', async () => {
    await using server = await startServer({ fault: 'stall-body' });
    const controller = new AbortController();
    const response = await stack(fetch)(server.url, { signal: controller.signal });

    controller.abort('gone');

    await expect.poll(() => server.openSockets).toBe(0);
    await expect(response.text()).rejects.toBe('gone');
    expect(listeners(controller.signal)).toBe(0);
  });

  it('closes the connection on an abort of a Request while the body is read', async () => {
    await using server = await startServer({ fault: 'stall-body' });
    const controller = new AbortController();
    const response = await stack(fetch)(new Request(server.url, { signal: controller.signal }));
    const result = settled(response.text());
    await new Promise(setImmediate);

    controller.abort('gone');

    expect(await result).toEqual({ error: 'gone' });
    await expect.poll(() => server.openSockets).toBe(0);
  });

  it('closes the connection on an abort while the body is read, also if a fetch inside reads a copy of the body', async () => {
    await using server = await startServer({ fault: 'stall-body' });
    const copying: Fetch = async (input, init) => {
      const response = await fetch(input, init);
      response
        .clone()
        .text()
        .catch(() => {});
      return response;
    };
    const controller = new AbortController();
    const response = await stack(copying)(server.url, { signal: controller.signal });
    const result = settled(response.text());
    await new Promise(setImmediate);

    controller.abort('gone');

    expect(await result).toEqual({ error: 'gone' });
    await expect.poll(() => server.openSockets).toBe(0);
  });
});

describe('timeout', () => {
  it('ends a body made by a script, which ignores signals, when the Request is aborted', async () => {
    const controller = new AbortController();
    const fetch = timeout(5_000)(async () => new Response(handFed().body));
    const response = await fetch(new Request(URL, { signal: controller.signal }));

    const text = response.text();
    controller.abort('stop');

    await expect(text).rejects.toBe('stop');
  });

  it('returns the same response for a Request, and still passes on an abort after garbage collection', async () => {
    await using server = await startServer({ fault: 'stall-body' });
    const controller = new AbortController();
    let inner: Response | undefined;
    const spy: Fetch = async (input, init) => (inner = await fetch(input, init));
    const response = await timeout(5_000)(spy)(new Request(server.url, { signal: controller.signal }));
    expect(response).toBe(inner);
    gc();
    await new Promise(setImmediate);

    const result = settled(response.text());
    controller.abort('gone');

    expect(await result).toEqual({ error: 'gone' });
  });

  it('can still be read after garbage collection', async () => {
    await using server = await startServer({ body: 'x'.repeat(200_000) });
    const response = await timeout({ headers: 5_000, body: 5_000 })(fetch)(server.url);

    for (let turn = 0; turn < 5; turn++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }

    expect(await response.text()).toHaveLength(200_000);
  });

  it('removes the listener of an unread response after garbage collection', async () => {
    await using server = await startServer({ body: 'x'.repeat(200_000) });
    const { signal } = new AbortController();
    const send = timeout(5_000)(fetch);
    for (let call = 0; call < 5; call++) await send(server.url, { signal });

    await expect
      .poll(() => {
        gc();
        return listeners(signal);
      })
      .toBe(0);
  });
});

describe.each([
  ['timeout', timeout(5_000)],
  ['timeout around timeout', compose(timeout(9_000), timeout(5_000))],
  ['timeout around a body limit', compose(timeout(9_000), timeout({ headers: 5_000, body: 5_000 }))],
])('%s', (_name, stack) => {
  it.each(['Request', 'URL'])(
    'closes the connection of a response that was dropped unread: a call with a %s',
    async (kind) => {
      await using server = await startServer({ fault: 'stall-body' });
      await stack(fetch)(kind === 'Request' ? new Request(server.url) : server.url);

      await expect
        .poll(() => {
          gc();
          return server.openSockets;
        })
        .toBe(0);
    },
  );
});

describe.each(Object.entries(STACKS))('timeout with %s', (_name, stack) => {
  it('closes the connection of a partly read body after its reader was garbage collected', async () => {
    await using server = await startServer({ body: 'x'.repeat(100), fault: 'stall-body' });
    const { signal } = new AbortController();
    await (await stack(fetch)(server.url, { signal })).body!.getReader().read();

    await expect
      .poll(() => {
        gc();
        return [server.openSockets, listeners(signal)];
      })
      .toEqual([0, 0]);
  });

  it('leaves an unread body open for an inner layer that holds its response', async () => {
    await using server = await startServer({ body: 'kept' });
    const { signal } = new AbortController();
    const kept = await fetch(server.url);
    await stack(async () => kept)(server.url, { signal });

    await expect
      .poll(() => {
        gc();
        return listeners(signal);
      })
      .toBe(0);
    expect(await kept.text()).toBe('kept');
  });
});

describe('timeout around several attempts at once', () => {
  it("passes the caller's abort on to each of them", async () => {
    const controller = new AbortController();
    const seen: unknown[] = [];
    const stalled: Fetch = (_input, init) =>
      new Promise((_, reject) => {
        init!.signal!.addEventListener('abort', () => {
          seen.push(init!.signal!.reason);
          reject(init!.signal!.reason);
        });
      });
    const twice = defineMiddleware((call, next) => Promise.race([next(call), next(call)]));
    const fetch = compose(timeout(9_000), twice, timeout(5_000))(stalled);
    const result = settled(fetch(URL, { signal: controller.signal }));

    controller.abort('gone');

    expect(await result).toEqual({ error: 'gone' });
    expect(seen).toEqual(['gone', 'gone']);
    expect(listeners(controller.signal)).toBe(0);
  });
});

describe('timeout around timeout', () => {
  it('adds no event listener for the inner limit', async () => {
    const add = vi.spyOn(AbortSignal.prototype, 'addEventListener');
    onTestFinished(() => add.mockRestore());

    await compose(timeout(9_000), timeout(5_000))(async () => new Response())(URL);

    expect(add).not.toHaveBeenCalled();
  });
});
