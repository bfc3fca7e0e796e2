import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { bodyFactory, defineMiddleware, discard, type Fetch, peek } from '@steadfetch/core';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { cancelBody } from '../src/body/keep-body.ts';

function streamOf(chunks: Iterator<string>, onCancel = () => {}): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const { value, done } = chunks.next();
      if (done) controller.close();
      else controller.enqueue(new TextEncoder().encode(value));
    },
    cancel: onCancel,
  });
}

function* endless() {
  for (;;) yield 'x'.repeat(16_384);
}

/** A response whose body comes with the next turn of the event loop, which timers that are due precede. */
async function comesNext(text: string, cancel = () => {}): Promise<Response> {
  await new Promise(setImmediate);
  const start = (stream: ReadableStreamDefaultController<Uint8Array>) =>
    void setImmediate(() => {
      stream.enqueue(new TextEncoder().encode(text));
      stream.close();
    });
  return new Response(new ReadableStream({ start, cancel }));
}

function beBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

const turns = async () => {
  for (let turn = 0; turn < 300; turn++) await Promise.resolve();
};

describe('discard', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('drains a small body and leaves no timer', async () => {
    const cancelled = vi.fn();
    const response = new Response(streamOf(['a', 'b'].values(), cancelled));

    discard(response);
    await turns();

    expect(response.bodyUsed).toBe(true);
    expect(cancelled).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('cancels a body that is larger than it is worth', async () => {
    const cancelled = vi.fn();

    discard(new Response(streamOf(endless(), cancelled)));
    await turns();

    expect(cancelled).toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('cancels a body that stalls', async () => {
    const cancelled = vi.fn();

    discard(new Response(new ReadableStream({ cancel: cancelled })));
    await vi.advanceTimersByTimeAsync(100);

    expect(cancelled).toHaveBeenCalled();
  });

  it('drains data that arrived while the program was busy for longer than the limit', async () => {
    vi.useRealTimers();
    const cancelled = vi.fn();

    discard(await comesNext('busy', cancelled));
    beBusy(150);
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(cancelled).not.toHaveBeenCalled();
  });

  it('leaves a response alone that has no body, is used, or is being read', async () => {
    const used = new Response('x');
    await used.text();
    const read = new Response('y');
    read.body!.getReader();

    for (const response of [new Response(null), used, read]) discard(response);

    expect(vi.getTimerCount()).toBe(0);
  });

  it('swallows a body that errors, also when it is cancelled', async () => {
    const broken = new ReadableStream({ pull: () => Promise.reject(new Error('reset')) });
    const stubborn = new ReadableStream({ cancel: () => Promise.reject(new Error('no')) });

    discard(new Response(broken));
    discard(new Response(stubborn));
    vi.advanceTimersByTime(100); // by microtasks alone: between macrotasks the sockets of other tests set timers of their own
    await turns();

    expect(vi.getTimerCount()).toBe(0);
  });
});

/** A body of empty chunks that are there as soon as they are asked for: no timer runs in between. */
function emptyChunks(): { response: Response; asked: () => number } {
  let asked = 0;
  const body = new ReadableStream({
    pull: (stream) => {
      if (++asked > 100_000) stream.error(new Error('endless'));
      else stream.enqueue(new Uint8Array(0));
    },
  });
  return { response: new Response(body), asked: () => asked };
}

describe('a body of empty chunks without end', () => {
  it('is cancelled when it is discarded', async () => {
    const { response, asked } = emptyChunks();
    discard(response);
    await expect.poll(() => response.bodyUsed).toBe(true);
    await new Promise((resolve) => setTimeout(resolve));
    expect(asked()).toBeLessThan(10_000);
  });

  it('is not peeked at for good', async () => {
    const { response, asked } = emptyChunks();
    expect(await peek(response, 1_000)).toBe('');
    expect(asked()).toBeLessThan(10_000);
  });
});

describe('discard of the response of another kind of fetch', () => {
  it.each([
    ['ends at once', async () => ({ done: true, value: undefined })],
    ['hangs', () => new Promise(() => {})],
  ])('a mock whose cancel returns nothing, and whose read %s, ends in no unhandled error', async (_name, read) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const cancel = vi.fn();
    const body = { locked: false, getReader: () => ({ read, cancel, releaseLock: () => {} }) };

    discard({ body, bodyUsed: false } as never);
    await turns();
    vi.advanceTimersByTime(200); // throws what the timer throws
    vi.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);

    expect(cancel).toHaveBeenCalled();
    expect(unhandled).not.toHaveBeenCalled();
  });

  const nodeResponse = (body: unknown) => ({ status: 503, body, bodyUsed: false }) as unknown as Response;

  it('drains a Node stream, and leaves no timer', async () => {
    const body = Readable.from([Buffer.alloc(300_000), Buffer.alloc(300_000)]);

    discard(nodeResponse(body));
    await once(body, 'close');

    expect(body.readableEnded).toBe(true);
  });

  it('destroys a Node stream that stalls, whatever it says to that', async () => {
    const body = new Readable({ read() {}, destroy: (_error, done) => done(new Error('stubborn')) });

    discard(nodeResponse(body));
    await new Promise((resolve) => body.on('close', resolve));

    expect(body.destroyed).toBe(true);
  });

  it.each([
    undefined,
    null,
    {},
    { body: { pipe: () => {} } },
    Object.defineProperty({}, 'body', {
      get: () => {
        throw new Error('no body here');
      },
    }),
  ])('never throws: %#', (response) => {
    expect(() => discard(response as never)).not.toThrow();
  });
});

describe('a stream that was given', () => {
  const failing: Fetch = () => Promise.reject(new Error('refused'));
  const layer = defineMiddleware((call, next) => next(call));
  const given = (body: unknown, more: object = {}) => ({ method: 'PUT', body, duplex: 'half', ...more }) as RequestInit;

  it('is closed when its caller aborts before anybody has read it', async () => {
    const cancel = vi.fn();
    const body = new Readable({ read() {} });
    const signal = AbortSignal.abort();

    await layer(failing)('https://api.test/', given(new ReadableStream({ cancel }), { signal })).catch(() => {});
    await layer(failing)('https://api.test/', given(body, { signal })).catch(() => {});

    expect(cancel).toHaveBeenCalledTimes(1);
    expect(body.destroyed).toBe(true);
  });

  it.each([
    ['as it is', (request: IncomingMessage) => request],
    ['as a web stream, which ends the process if it is cancelled at once', Readable.toWeb],
  ])('lets a server that hands on its request %s answer when the call fails', async (_how, asBody) => {
    const answer: RequestListener = async (request, response) => {
      response.statusCode = await layer(failing)('https://api.test/', given(asBody(request))).then(
        ({ status }) => status,
        () => 502,
      );
      response.end();
    };
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

    try {
      expect((await fetch(url, { method: 'POST', body: 'order' })).status).toBe(502);
    } finally {
      server.close();
    }
  });

  it('is left alone if it is being read, or the call succeeds', async () => {
    const cancel = vi.fn();
    const read = new ReadableStream({ cancel });
    read.getReader();
    const sent = new ReadableStream({ cancel });

    await layer(failing)('https://api.test/', given(read, { signal: AbortSignal.abort() })).catch(() => {});
    await layer(async () => new Response())('https://api.test/', given(sent));

    expect(cancel).not.toHaveBeenCalled();
  });

  it('is closed though it comes from a factory after the caller has left', async () => {
    const cancel = vi.fn();
    const ending = new AbortController();
    let deliver: (body: ReadableStream) => void = () => {};
    const slow = bodyFactory(() => new Promise<ReadableStream>((resolve) => (deliver = resolve)));
    const call = layer(failing)('https://api.test/', given(slow, { signal: ending.signal }));

    ending.abort('mine');

    await expect(call).rejects.toBe('mine');
    deliver(new ReadableStream({ cancel }));
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledTimes(1));
  });
});

it('cancelBody accepts any value', () => {
  const odd = {
    get cancel() {
      throw new Error('no');
    },
  };
  for (const body of [undefined, null, 'x', {}, odd]) expect(() => cancelBody(body)).not.toThrow();
});

it('a body that is made for each attempt is refused by a fetch without our middlewares, and by a Request: each would send its text', async () => {
  const init = { method: 'PUT', body: bodyFactory(() => 'x') };

  expect(() => new Request('https://a.test', init)).toThrow(/^bodyFactory: only a fetch with a middleware/);
  await expect(fetch('https://a.test', init)).rejects.toThrow(/^bodyFactory: only a fetch with a middleware/);
});

describe('peek', () => {
  it('reads a copy if a Response has no stream, as in React Native', async () => {
    const response = Object.defineProperty(new Response('{"error":"busy"}'), 'body', { value: undefined });

    expect([await peek(response), await peek(response, 8)]).toEqual(['{"error":"busy"}', '{"error"']);
    expect(await response.json()).toEqual({ error: 'busy' });
    expect(await peek(response)).toBe('');
  });

  it('waits no longer for that copy, and returns an empty text for a mock that has none', async () => {
    const late = { body: undefined, clone: () => ({ text: () => new Promise(() => {}) }) };

    const texts = [late, { body: undefined }, { clone: () => undefined }].map((mock) => peek(mock as never, 8, 1));

    expect(await Promise.all(texts)).toEqual(['', '', '']);
  });

  it('leaves no timer behind once that copy is read', async () => {
    vi.useFakeTimers();
    try {
      await peek({ body: undefined, clone: () => new Response('busy') } as never);

      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('returns the text that arrived if the rest takes longer, and leaves the whole readable', async () => {
    let send: ReadableStreamDefaultController<Uint8Array> | undefined;
    const start = (stream: typeof send) => {
      send = stream;
      stream!.enqueue(new TextEncoder().encode('{"error"'));
    };
    const response = new Response(new ReadableStream({ start }));

    expect(await peek(response, 100, 1)).toBe('{"error"');
    send!.enqueue(new TextEncoder().encode(':1}'));
    send!.close();
    expect(await response.text()).toBe('{"error":1}');
  });

  it('reads data that arrived while the program was busy for longer than the limit', async () => {
    const response = await comesNext('{"error":"busy"}');

    const text = peek(response, 100, 20);
    beBusy(40);

    expect(await text).toBe('{"error":"busy"}');
  });

  it.each([3e9, Infinity])('waits for longer than a timer can, %s ms', async (patience) => {
    const response = new Response(
      new ReadableStream({
        async start(stream) {
          await new Promise((resolve) => setTimeout(resolve, 30));
          stream.enqueue(new TextEncoder().encode('late'));
          stream.close();
        },
      }),
    );

    expect(await peek(response, 100, patience)).toBe('late');
  });

  it('returns the beginning and leaves the whole readable', async () => {
    const response = new Response('{"error":"busy"}');

    expect(await peek(response, 8)).toBe('{"error"');
    expect(await response.text()).toBe('{"error":"busy"}');
  });

  it('returns all of a short body, and can be called again', async () => {
    const response = new Response('ü');

    expect([await peek(response), await peek(response)]).toEqual(['ü', 'ü']);
  });

  it('reads no more than it was asked for', async () => {
    const response = new Response(streamOf(endless()));

    expect(await peek(response, 2_000)).toHaveLength(2_000);
    await response.body!.cancel();
  });

  it("returns '' without a body, for a used and for a locked one", async () => {
    const used = new Response('x');
    await used.text();
    const locked = new Response('y');
    locked.body!.getReader();

    expect([await peek(new Response(null)), await peek(used), await peek(locked)]).toEqual(['', '', '']);
  });
});
