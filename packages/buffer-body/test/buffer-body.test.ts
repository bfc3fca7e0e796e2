import { getEventListeners } from 'node:events';
import { PassThrough } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { classifyError, compose } from '@steadfetch/core';
import { type Fault, startServer } from '@steadfetch/testing';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type BufferBodyOptions, bufferBody, NetworkError } from '../src/index.ts';
import { readBody } from '../src/read-body.ts';
import { again, bodyOf, rejection, URL } from './stubs.ts';

const send = (response: Response, options: BufferBodyOptions = {}, init: RequestInit = {}) =>
  bufferBody(options)(async () => response)(URL, init);

describe('bufferBody', () => {
  it('passes a response on as it came if a Response cannot hold a stream, as in React Native', async () => {
    const given = new Response('a long body');
    const look = vi.spyOn(given, 'body', 'get');
    vi.stubGlobal('Response', class {});

    const response = await send(given, { maxBytes: 3 }).finally(() => vi.unstubAllGlobals());

    expect(response).toBe(given);
    expect(look).not.toHaveBeenCalled();
    expect(await response.text()).toBe('a long body');
  });

  it('passes a response on as it came if no stream can be made, as in a content script of Firefox', async () => {
    const given = new Response('a long body');
    vi.stubGlobal('ReadableStream', () => {}); // no constructor: it throws

    const response = await send(given, { maxBytes: 3 }).finally(() => vi.unstubAllGlobals());

    expect(response).toBe(given);
    expect(await response.text()).toBe('a long body');
  });

  it.each([200, 503])(
    'can be read where the body is taken from a %d that is looked at, as in SvelteKit',
    async (status) => {
      const given = new Response('whole', { status, headers: { 'content-length': '5' } });
      given.headers.get = (name) => {
        throw new Error(`Failed to get response header ${name}`);
      };
      let taken: ReadableStream | undefined;
      const proxy = new Proxy(given, {
        get: (target, name) => {
          if (name === 'body') taken ??= target.body!.tee()[1];
          if (name === 'body') return taken;
          if (name === 'bodyUsed') return taken !== undefined; // as in Workers
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });

      expect(await (await send(proxy)).text()).toBe('whole');
    },
  );

  it('lets a signal end a body of empty chunks, which are all there at once', async () => {
    let pulls = 0;
    const body = new ReadableStream({
      pull: (stream) => {
        if (++pulls > 1_000_000) stream.error(new Error('endless'));
        else stream.enqueue(new Uint8Array(0));
      },
    });
    const controller = new AbortController();
    const call = bufferBody()(async () => new Response(body))(URL, { signal: controller.signal });
    setTimeout(() => controller.abort('enough'));

    await expect(call).rejects.toBe('enough');
    expect(pulls).toBeLessThan(100_000);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'cancels a body above maxBytes at an abort %d microtasks after its chunk',
    async (turns) => {
      const cancel = vi.fn();
      const controller = new AbortController();
      const later = async () => {
        for (let turn = 0; turn < turns; turn++) await undefined;
        controller.abort('enough');
      };
      const pull = (stream: ReadableStreamDefaultController) => {
        stream.enqueue(new Uint8Array(10));
        void later();
      };
      const body = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });

      const call = send(new Response(body), { maxBytes: 3 }, { signal: controller.signal });
      const rest = await call.then(
        (response) => response.body!.cancel('late'),
        (reason: unknown) => reason,
      );

      await expect.poll(() => cancel.mock.calls).toEqual([[rest ?? 'late']]);
    },
  );

  it.each<Fault>(['reset-after-headers', 'reset-mid-body', 'truncate'])(
    'makes an attempt fail whose body ends in a %s, so that the next can succeed',
    async (fault) => {
      await using server = await startServer([{ fault }, { fault }, { body: 'all of it' }]);
      const { middleware, errors } = again();

      const response = await compose(middleware, bufferBody())(fetch)(server.url);

      expect(await response.text()).toBe('all of it');
      expect(server.requests).toHaveLength(3);
      for (const error of errors) expect(classifyError(error)).toMatchObject({ kind: 'network', permanent: false });
    },
  );

  it('returns a fresh response with the facts of the network response', async () => {
    await using server = await startServer({ status: 201, headers: { 'x-one': '1' }, json: { a: 1 } });

    const response = await bufferBody()(fetch)(`${server.url}things`);

    expect(response).toBeInstanceOf(Response);
    expect(response).toMatchObject({ status: 201, url: `${server.url}things`, type: 'basic', redirected: false });
    expect(response.headers.get('x-one')).toBe('1');
    expect(await response.clone().json()).toEqual({ a: 1 });
    expect(await response.json()).toEqual({ a: 1 });
  });

  it('can be read after the server is gone', async () => {
    const server = await startServer({ body: 'x'.repeat(300_000) });
    const response = await bufferBody()(fetch)(server.url);

    await server.close();

    expect(await response.text()).toHaveLength(300_000);
  });

  it("rejects with the caller's reason while it reads, and closes the connection", async () => {
    await using server = await startServer({ fault: 'stall-body' });
    const controller = new AbortController();
    const result = rejection(bufferBody()(fetch)(server.url, { signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);

    controller.abort(null);

    expect(await result).toBeNull();
    await expect.poll(() => server.openSockets).toBe(0);
  });

  it('rejects at once with the reason though the body ignores the signal, and cancels it', async () => {
    const controller = new AbortController();
    let cancelled: unknown;
    const body = new ReadableStream({
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const result = rejection(send(new Response(body), {}, { signal: controller.signal }));
    await new Promise(setImmediate);

    controller.abort('gone');

    expect(await result).toBe('gone');
    expect(cancelled).toBe('gone');
  });

  it.each([
    ['a network error', new TypeError('terminated')],
    ['an error with a code', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    ['a timeout from inside', Object.assign(new Error('slow'), { name: 'TimeoutError' })],
    ['an abort that is not the caller’s', new DOMException('destroyed', 'AbortError')],
  ])('rejects with %s itself', async (_what, error) => {
    expect(await rejection(send(new Response(bodyOf(['part'], error))))).toBe(error);
  });

  it.each([
    ['no code', new Error('the decoder stopped')],
    ['a code, as in Bun', Object.assign(new Error('ZlibError fetching'), { code: 'ZlibError' })],
    ['a code below, as in Node', new TypeError('terminated', { cause: { code: 'Z_BUF_ERROR' } })],
  ])('takes any other error of a body for one of the network, and keeps it as the cause: with %s', async (_, cause) => {
    const error = await rejection(send(new Response(bodyOf(['part'], cause))));

    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ name: 'NetworkError', message: 'the body broke off', cause });
    expect(classifyError(error)).toMatchObject({ kind: 'network', permanent: false });
  });

  it('hands on a body above maxBytes whole, as it comes', async () => {
    const chunks = ['one,', 'two,', 'three,', 'four'];

    const response = await send(new Response(bodyOf(chunks)), { maxBytes: 6 });

    expect(await response.text()).toBe('one,two,three,four');
  });

  it('passes on the error of a body above maxBytes at the place where it occurs', async () => {
    const error = new TypeError('terminated');
    const response = await send(new Response(bodyOf(['one,', 'two,'], error)), { maxBytes: 6 });
    const reader = response.body!.getReader();

    const chunks = [await reader.read(), await reader.read()].map(({ value }) => new TextDecoder().decode(value));

    expect(chunks).toEqual(['one,', 'two,']);
    expect(await rejection(reader.read())).toBe(error);
  });

  it('rejects a read of the whole body above maxBytes with the same error', async () => {
    const error = new TypeError('terminated');
    const response = await send(new Response(bodyOf(['one,', 'two,'], error)), { maxBytes: 6 });

    expect(await rejection(response.text())).toBe(error);
  });

  it('rejects with that error once, and then as any used body', async () => {
    const error = new TypeError('terminated');
    const response = await send(new Response(bodyOf(['one,', 'two,'], error)), { maxBytes: 6 });
    await rejection(response.text());

    expect(await rejection(response.text())).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/unusable|already/),
    });
  });

  it('lets a body above maxBytes be read into the memory of the reader, as before', async () => {
    const left = ['one,', 'two,', 'three,', 'four'].map((text) => new TextEncoder().encode(text));
    const pull = (stream: ReadableByteStreamController) => {
      const chunk = left.shift();
      if (chunk) return stream.enqueue(chunk);
      stream.close();
      stream.byobRequest?.respond(0);
    };
    const body = new ReadableStream({ type: 'bytes', pull });
    const reader = (await send(new Response(body), { maxBytes: 6 })).body!.getReader({ mode: 'byob' });

    let text = '';
    for (let end = false; !end; ) {
      const { done, value } = await reader.read(new Uint8Array(3));
      text += new TextDecoder().decode(value);
      end = done;
    }

    expect(text).toBe('one,two,three,four');
  });

  it('hands on chunks of a shared memory as they are', async () => {
    const memory = new TextEncoder().encode('one,two,three');
    const chunks = [memory.subarray(0, 4), memory.subarray(4, 8), memory.subarray(8)];
    const body = new ReadableStream({
      pull: (stream) => (chunks[0] ? stream.enqueue(chunks.shift()) : stream.close()),
    });

    const response = await send(new Response(body), { maxBytes: 6 });

    expect(await response.text()).toBe('one,two,three');
  });

  it('rejects with the error of the parser if a body above maxBytes is not JSON', async () => {
    const response = await send(new Response(bodyOf(['one,', 'two,'])), { maxBytes: 6 });

    expect(await rejection(response.json())).toBeInstanceOf(SyntaxError);
  });

  it('reads no more of a body above maxBytes than it must, and hands a cancel on', async () => {
    let pulled = 0;
    let cancelled: unknown;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: (stream) => stream.enqueue(new Uint8Array(10).fill(pulled++)),
        cancel: (reason) => {
          cancelled = reason;
        },
      },
      { highWaterMark: 0 },
    );

    const response = await send(new Response(body), { maxBytes: 25 });
    expect(pulled).toBe(3);
    await response.body!.cancel('enough');

    expect(cancelled).toBe('enough');
  });

  it('loses and repeats no byte, wherever the limit falls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string()), fc.integer({ min: 1, max: 40 }), async (chunks, maxBytes) => {
        const response = await send(new Response(bodyOf(chunks.filter(Boolean))), { maxBytes });

        expect(await response.text()).toBe(chunks.join(''));
      }),
    );
  });

  it.each([
    ['an error status', () => new Response(bodyOf(['busy']), { status: 503 })],
    ['a client error', () => new Response(bodyOf(['no']), { status: 404 })],
    ['an event stream', () => new Response(bodyOf(['data:']), { headers: { 'content-type': 'text/event-stream' } })],
    [
      'parts that come one by one, as those of GraphQL',
      () =>
        new Response(bodyOf(['--graphql']), {
          headers: { 'content-type': 'multipart/mixed; boundary="graphql"; deferSpec=20220824' },
        }),
    ],
    ['an announced length above maxBytes', () => new Response('x', { headers: { 'content-length': '1000001' } })],
    ['no body', () => new Response(null, { status: 204 })],
    ['a json() of a fetch inside', () => Object.assign(new Response('{}'), { json: async () => 'revived' })],
  ])('does not touch a response with %s', async (_what, make) => {
    const response = make();

    expect(await send(response)).toBe(response);
    expect(response.bodyUsed).toBe(false);
  });

  it.each([
    [
      'a Node stream, as of node-fetch',
      { status: 200, bodyUsed: false, headers: new Headers(), body: new PassThrough() },
    ],
    ['a text, as of a mock', { status: 200, body: 'text' }],
    ['nothing', { status: 200 }],
  ])('does not touch a response whose body is %s', async (_what, response) => {
    expect(await send(response as unknown as Response)).toBe(response);
  });

  it('hands on a response that cannot be read', async () => {
    const response = {
      status: 200,
      get body(): never {
        throw new Error('no body');
      },
    };

    expect(await bufferBody()(async () => response as unknown as Response)('https://api.test/')).toBe(response);
  });

  it('passes on a value that is not a response', async () => {
    expect(await send(undefined as unknown as Response)).toBeUndefined();
  });

  it('hands on a body whose chunks are no bytes, from its first chunk on', async () => {
    const chunks: unknown[] = [new Uint8Array([1]), 'two', new Uint8Array([3])];
    const body = new ReadableStream({
      pull: (stream) => (chunks.length > 0 ? stream.enqueue(chunks.shift()) : stream.close()),
    });

    const reader = (await send(new Response(body))).body!.getReader();
    const read: unknown[] = [];
    for (let part = await reader.read(); !part.done; part = await reader.read()) read.push(part.value);

    expect(read).toEqual([new Uint8Array([1]), 'two', new Uint8Array([3])]);
  });

  it('takes the bytes of another realm', async () => {
    const foreign = runInNewContext('new Uint8Array([104, 105])') as Uint8Array;
    const body = new ReadableStream({
      start: (stream) => {
        stream.enqueue(foreign);
        stream.close();
      },
    });
    const response = new Response(body);

    const result = await send(response);

    expect(result).not.toBe(response);
    expect(await result.text()).toBe('hi');
  });

  it('keeps no chunk, nor the memory that a chunk was cut from', async () => {
    const memory = new ArrayBuffer(1_000);
    const cut = [new Uint8Array(memory, 0, 1), new Uint8Array(memory, 1, 1)];
    const body = new ReadableStream({
      pull: (stream) => (cut.length > 0 ? stream.enqueue(cut.pop()) : stream.close()),
    });

    const { bytes } = await readBody(body as ReadableStream<Uint8Array<ArrayBuffer>>, 10, undefined);

    expect(bytes.byteLength).toBe(2);
    expect(bytes.buffer.byteLength).toBe(2);
  });

  it('holds no more than maxBytes of a body in single bytes, and hands it on in few chunks', async () => {
    const size = 5_000;
    let sent = 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      { pull: (stream) => (sent++ < size ? stream.enqueue(new Uint8Array(1)) : stream.close()) },
      { highWaterMark: 0 },
    );

    const reading = await readBody(body, 4_000, undefined);

    expect(reading).toMatchObject({ bytes: { byteLength: 4_000 }, next: new Uint8Array(1) });
    expect(reading.bytes.buffer.byteLength).toBe(4_000);
  });

  it('puts one listener on the signal for a whole body, and removes it', async () => {
    const { signal } = new AbortController();
    let added = 0;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<AbortSignal['addEventListener']>) => {
      added++;
      add(...args);
    };

    await send(new Response(bodyOf(['a', 'b', 'c', 'd'])), {}, { signal });

    expect(added).toBe(1);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('does not touch a body that is read already, or being read', async () => {
    const [used, locked] = [new Response('a'), new Response('b')];
    await used.text();
    locked.body!.getReader();

    expect(await send(used)).toBe(used);
    expect(await send(locked)).toBe(locked);
  });

  it.each([
    ['GET', {}, true],
    ['put', {}, true],
    ['query', {}, true],
    ['HEAD', {}, false],
    ['POST', {}, false],
    ['PATCH', {}, false],
    ['POST', { 'idempotency-key': ' ' }, false],
    ['POST', { 'Idempotency-Key': '"k"' }, true],
  ])('for %s with %o: %s', async (method, headers, buffered) => {
    const response = new Response('ok');

    const result = await send(response, {}, { method, headers });

    expect(result !== response).toBe(buffered);
  });

  it('takes other methods when they are listed', async () => {
    const [post, get] = [new Response('ok'), new Response('ok')];

    expect(await send(post, { methods: ['post'] }, { method: 'POST' })).not.toBe(post);
    expect(await send(get, { methods: ['post'] })).toBe(get);
  });

  it('passes on an error of the call itself', async () => {
    const error = new TypeError('fetch failed');

    expect(await rejection(bufferBody()(() => Promise.reject(error))(URL))).toBe(error);
  });

  it.each([
    [{ maxBytes: 0 }, RangeError, /^bufferBody: maxBytes: .*got 0/],
    [{ maxBytes: -1 }, RangeError, /-1/],
    [{ maxBytes: 1.5 }, RangeError, /1\.5/],
    [{ maxBytes: Number.NaN }, RangeError, /NaN/],
    [{ maxBytes: Infinity }, RangeError, /Infinity/],
    [{ maxBytes: '9' }, TypeError, /^bufferBody: maxBytes: .*"9"/],
    [{ methods: 'GET' }, TypeError, /^bufferBody: methods: .*GET/],
    [{ methods: null }, TypeError, /^bufferBody: methods: .*null/],
    [{ methods: [''] }, TypeError, /^bufferBody: methods: /],
    [{ validate: 'xml' }, TypeError, /^bufferBody: validate: .*xml/],
    [{ validate: true }, TypeError, /^bufferBody: validate: .*true/],
    [{ limit: 1 }, TypeError, /^bufferBody: unknown option 'limit'/],
    [null, TypeError, /^bufferBody: .*null/],
  ])('refuses the options %o', (options, kind, message) => {
    const build = () => bufferBody(options as BufferBodyOptions);

    expect(build).toThrow(kind);
    expect(build).toThrow(message);
  });
});
