import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fakeFetch, instantClock, manualClock, networkError, type Reply } from '../src/index.ts';

const URL_ = 'http://api.test/things';

describe('fakeFetch', () => {
  it('answers with status, headers, body and address', async () => {
    const fetch = fakeFetch({ status: 201, headers: { 'x-id': '7' }, body: 'made' });

    const response = await fetch(URL_);

    expect(response.status).toBe(201);
    expect(response.headers.get('x-id')).toBe('7');
    expect(response.url).toBe(URL_);
    expect(await response.text()).toBe('made');
  });

  it('sends JSON with its content type, and bytes as they are', async () => {
    const fetch = fakeFetch([{ json: { a: 1 } }, { body: new Uint8Array([1, 2]) }, { status: 204 }]);

    const first = await fetch(URL_);
    expect(first.headers.get('content-type')).toBe('application/json');
    expect(await first.json()).toEqual({ a: 1 });
    expect([...new Uint8Array(await (await fetch(URL_)).arrayBuffer())]).toEqual([1, 2]);
    expect((await fetch(URL_)).body).toBeNull();
  });

  it('tells a HEAD the length of the body that it does not get, as a server does', async () => {
    const response = await fakeFetch({ body: 'made' })(URL_, { method: 'HEAD' });

    expect([response.headers.get('content-length'), await response.text()]).toEqual(['4', '']);
  });

  it('has headers that cannot be changed, also those of a clone, while those of a copy can', async () => {
    const response = await fakeFetch({ headers: { 'x-a': '1' } })(URL_);
    const { headers } = response;
    const clones = [response.clone(), response.clone().clone()];

    for (const given of [headers, ...clones.map((clone) => clone.headers)]) {
      for (const change of ['append', 'set'] as const) {
        expect(() => given[change]('x-a', '2')).toThrow(new TypeError('immutable'));
      }
      expect(() => given.delete('x-a')).toThrow(TypeError);
    }
    expect(clones.map(({ url }) => url)).toEqual([URL_, URL_]);
    const copy = new Headers(headers);
    copy.set('x-a', '2');
    expect([...copy, ...headers]).toEqual([
      ['x-a', '2'],
      ['x-a', '1'],
    ]);
  });

  it('has headers that can be changed where those of the platform can, as in Bun', async () => {
    vi.spyOn(Response, 'error').mockReturnValue(new Response());
    const { headers } = await fakeFetch({ headers: { 'x-a': '1' } })(URL_);
    vi.restoreAllMocks();

    headers.set('x-a', '2');

    expect(headers.get('x-a')).toBe('2');
  });

  it('sends the bytes of any view', async () => {
    const { buffer } = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const bodies = [new DataView(buffer, 2, 3), new Uint16Array(buffer, 2, 1)] as unknown as Uint8Array[];
    const fetch = fakeFetch(bodies.map((body) => ({ body })));

    for (const expected of [
      [3, 4, 5],
      [3, 4],
    ]) {
      expect([...new Uint8Array(await (await fetch(URL_)).arrayBuffer())]).toEqual(expected);
    }
  });

  it.each([301, 302, 303, 307, 308])('refuses a %i where the caller wants no redirect', async (status) => {
    const fetch = fakeFetch({ status });

    await expect(fetch(URL_, { redirect: 'error' })).rejects.toThrow(new TypeError('fetch failed'));
    await expect(fetch(new Request(URL_, { redirect: 'error' }))).rejects.toThrow(TypeError);
    expect((await fetch(URL_, { redirect: 'manual' })).status).toBe(status);
    expect(fetch.calls[0]!.status).toBe(status);
  });

  it.each([200, { status: 503, body: '' }])('gives a body without bytes that is read once: %o', async (reply) => {
    const { signal } = new AbortController();

    for (const init of [{}, { signal }]) {
      const [one, two] = await Promise.all([fakeFetch(reply)(URL_, init), fakeFetch(reply)(URL_, init)]);
      expect(await one.text()).toBe('');
      await expect(one.text()).rejects.toThrow(TypeError);
      expect(await two.body!.getReader({ mode: 'byob' }).read(new Uint8Array(10))).toMatchObject({ done: true });
    }
  });

  it.each([{}, { body: 'whole' }, { fault: 'truncate' }, { fault: 'stall-body' }] as const)(
    'ends the reading of a body by an abort right after it has begun, and what cancels it then: %o',
    async (reply) => {
      const [one, two] = [new AbortController(), new AbortController()];
      const response = await fakeFetch(reply)(URL_, { signal: one.signal });
      const { body } = await fakeFetch(reply)(URL_, { signal: two.signal });

      const read = response.text();
      one.abort('enough');
      two.abort('enough');

      await expect(read).rejects.toBe('enough');
      await expect(body!.cancel()).rejects.toBe('enough');
    },
  );

  it.each(['truncate', 'reset-mid-body'] as const)(
    'ends the reading of a body by an abort before it breaks off: %s',
    async (fault) => {
      const controller = new AbortController();
      const response = await fakeFetch({ fault, body: 'whole' })(URL_, { signal: controller.signal });

      controller.abort('enough');

      await expect(response.text()).rejects.toBe('enough');
    },
  );

  it.each([{}, { body: 'whole' }, { json: 'whole' }, { body: 'whole', fault: 'close' }] as const)(
    'ends the reading of a whole body by an abort, also after the answer: %o',
    async (reply) => {
      const controller = new AbortController();
      const fetch = fakeFetch(reply);
      const init = { signal: controller.signal };
      const [first, ...others] = await Promise.all([fetch(URL_, init), fetch(URL_, init), fetch(URL_, init)]);

      expect(await first.clone().text()).toMatch('body' in reply || 'json' in reply ? 'whole' : '');
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      controller.abort('enough');
      await expect(others.pop()!.body!.cancel()).rejects.toBe('enough');
      for (const response of others) await expect(response.text()).rejects.toBe('enough');
    },
  );

  it.each([true, false])(
    'gives bodies of a caller with a signal as those of one without: byte streams %s',
    async (are) => {
      if (!are) {
        const { Response: Platform } = globalThis;
        const streamOf = (body: Uint8Array) =>
          new ReadableStream({
            start: (stream) => {
              stream.enqueue(body);
              stream.close();
            },
          });
        class OldResponse extends Platform {
          constructor(body?: BodyInit | null, init?: ResponseInit) {
            super(body instanceof Uint8Array ? streamOf(body) : (body ?? null), init);
          }
        }
        vi.stubGlobal('Response', OldResponse);
        onTestFinished(() => void vi.unstubAllGlobals());
      }
      const fetch = fakeFetch({ body: 'whole' });
      const { signal } = new AbortController();

      for (const init of [{}, { signal }]) {
        const [one, two] = await Promise.all([fetch(URL_, init), fetch(URL_, init)]);
        expect(await one.text()).toBe('whole');
        const read = () => two.body!.getReader({ mode: 'byob' }).read(new Uint8Array(10));
        if (are) expect(await read()).toMatchObject({ done: false, value: { length: 5 } });
        else expect(read).toThrow(TypeError);
      }
    },
  );

  it('writes down what it was asked, and when', async () => {
    const clock = instantClock();
    const fetch = fakeFetch([503, { error: 'ECONNRESET' }, { fault: 'close' }], { clock });
    await fetch(URL_, { method: 'post', body: 'hello', headers: { 'idempotency-key': 'k' } });
    clock.advance(1_500);
    await fetch(new Request(URL_, { method: 'PUT', body: new Uint8Array([104, 105]) })).catch(() => {});
    await fetch(new Request(URL_));
    await fetch(new URL(URL_), { method: 'PATCH', body: new URLSearchParams({ q: '1' }) });

    expect(fetch.calls).toBe(fetch.requests);
    expect(fetch.calls).toMatchObject([
      { index: 0, method: 'POST', url: URL_, body: 'hello', size: 5, elapsed: 0, status: 503, fault: undefined },
      { index: 1, method: 'PUT', body: 'hi', elapsed: 1_500, status: undefined, fault: 'ECONNRESET' },
      { index: 2, method: 'GET', body: '', size: 0, status: 200 },
      { index: 3, method: 'PATCH', body: 'q=1', status: 200, fault: 'close' },
    ]);
    expect(fetch.calls[0]!.at).toBe(Date.UTC(2025, 0, 1));
    expect(fetch.calls[0]!.headers.get('idempotency-key')).toBe('k');
    expect(fetch.calls[3]!.headers.get('content-type')).toMatch('application/x-www-form-urlencoded');
    expect(fetch.calls[0]!.problem).toBeUndefined();
  });

  it.each([undefined, { headers: { 'x-a': '1' } }])('writes a call down beside jsdom in vitest: %o', async (init) => {
    // its Request reads own members alone
    class OwnMembers extends Request {
      constructor(input: RequestInfo | URL, given?: RequestInit) {
        super(input, given && { ...given });
      }
    }
    vi.stubGlobal('Request', OwnMembers);
    vi.stubGlobal('Uint8Array', class extends Uint8Array {}); // of another realm than the bytes of a body
    onTestFinished(() => void vi.unstubAllGlobals());
    const fetch = fakeFetch(200);
    await fetch(URL_, { method: 'POST', body: 'hello', ...init });

    expect(fetch.requests).toMatchObject([{ method: 'POST', body: 'hello' }]);
    expect(fetch.requests[0]!.headers.get('x-a')).toBe(init ? '1' : null);
  });

  it('refuses a port that is blocked, as every fetch', async () => {
    const fetch = fakeFetch(200);

    await expect(fetch('http://127.0.0.1:6000/')).rejects.toMatchObject({
      name: 'TypeError',
      cause: { message: 'bad port' },
    });
    expect(fetch.calls).toHaveLength(0);
  });

  it('leaves no rejection unhandled when a call with a form is aborted', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const body = new FormData();
    body.append('a', 'b');
    const controller = new AbortController();

    const before = fakeFetch(200)(URL_, { method: 'POST', body, signal: AbortSignal.abort('gone') });
    const during = fakeFetch(200)(URL_, { method: 'POST', body, signal: controller.signal });
    controller.abort('gone');

    await expect(before).rejects.toBe('gone');
    await expect(during).rejects.toBe('gone');
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('keeps the first 64 kB of a body and its whole size', async () => {
    const fetch = fakeFetch(200);
    const chunks = [new Uint8Array(70_000), new Uint8Array(30_000)];
    const body = new ReadableStream({
      pull: (stream) => (chunks[0] ? stream.enqueue(chunks.shift()) : stream.close()),
    });

    await fetch(URL_, { method: 'POST', body, duplex: 'half' } as RequestInit);

    expect(fetch.calls[0]!.bytes).toHaveLength(65_536);
    expect(fetch.calls[0]!.size).toBe(100_000);
  });

  it('keeps the content type that the caller gave', async () => {
    const fetch = fakeFetch(200);

    await fetch(URL_, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });

    expect(fetch.calls[0]!.headers.get('content-type')).toBe('application/json');
  });

  it('takes its time on the clock it is given', async () => {
    const clock = manualClock();
    const call = fakeFetch({ delay: 250 }, { clock })(URL_);
    let done = false;
    call.then(() => (done = true));

    await clock.advance(249);
    expect(done).toBe(false);
    await clock.advance(1);
    expect((await call).status).toBe(200);
  });

  it.each([
    ['network-error', 'ECONNRESET', 'read'],
    [{ networkError: true }, 'ECONNRESET', 'read'],
    [{ error: 'ECONNREFUSED' }, 'ECONNREFUSED', 'connect'],
    [{ error: 'ENOTFOUND' }, 'ENOTFOUND', 'getaddrinfo'],
    [{ error: 'EPIPE' }, 'EPIPE', 'write'],
    [{ error: 'UND_ERR_SOCKET' }, 'UND_ERR_SOCKET', undefined],
    [{ error: 'CERT_HAS_EXPIRED' }, 'CERT_HAS_EXPIRED', undefined],
    [{ fault: 'refuse' }, 'ECONNREFUSED', 'connect'],
    [{ fault: 'reset' }, 'ECONNRESET', 'read'],
  ] satisfies [Reply, string, string | undefined][])('fails as the real one for %j', async (reply, code, syscall) => {
    const error = await fakeFetch(reply)(URL_).catch((e: unknown) => e);

    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe('fetch failed');
    expect((error as Error).cause).toMatchObject(syscall === undefined ? { code } : { code, syscall });
  });

  it.each([
    ['reset-after-headers', '', 'ECONNRESET'],
    ['reset-mid-body', '01234', 'ECONNRESET'],
    ['truncate', '01234', 'UND_ERR_SOCKET'],
  ] as const)('breaks off the body for %s', async (fault, before, code) => {
    const response = await fakeFetch({ fault, body: '0123456789' })(URL_);
    let text = '';
    const read = async () => {
      for await (const chunk of response.body!) text += new TextDecoder().decode(chunk);
    };

    await expect(read()).rejects.toMatchObject({ message: 'terminated', cause: { code } });
    expect(text).toBe(before);
  });

  it('drips the whole body in pieces', async () => {
    const clock = instantClock();
    const response = await fakeFetch({ fault: 'drip', body: 'abcdefghijklmnopqrst', every: 100 }, { clock })(URL_);

    expect(await response.text()).toBe('abcdefghijklmnopqrst');
    expect(clock.sleeps.slice(0, 10)).toEqual(Array(10).fill(100));
  });

  it('gives faults of the body something to break', async () => {
    const response = await fakeFetch({ fault: 'drip', every: 0 })(URL_);

    expect(await response.text()).toHaveLength(1_024);
  });

  it.each([['stopped'], [null], [new Error('mine')]])('rejects with the reason of the abort: %s', async (reason) => {
    const controller = new AbortController();
    const clock = manualClock();
    const { signal } = controller;
    const calls = [
      fakeFetch({ fault: 'stall-headers' })(URL_, { signal }),
      fakeFetch({ delay: 1_000 }, { clock })(URL_, { signal }),
      fakeFetch(() => new Promise(() => {}))(URL_, { signal }),
      fakeFetch({ fault: 'stall-body' })(URL_, { signal }).then((response) => response.text()),
    ];
    const ends = Promise.allSettled(calls);
    await clock.advance(1);

    controller.abort(reason);

    expect((await ends).map((end) => end.status === 'rejected' && end.reason)).toEqual(Array(4).fill(reason));
    await expect(fakeFetch(200)(URL_, { signal })).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it.each(['nope', 'http://', '/relative'])('rejects an address that is none, as fetch does: %s', async (url) => {
    const fake = fakeFetch(200);

    await expect(fake(url)).rejects.toThrow(TypeError);
    await expect(fake(url)).rejects.toThrow(`Failed to parse URL from ${url}`);
    await expect(fetch(url)).rejects.toThrow(`Failed to parse URL from ${url}`);
    expect(fake.calls).toEqual([]);
  });

  const stream = (): ReadableStream => new Response('x').body!;

  it.each<[string, () => [RequestInfo | URL, RequestInit?]]>([
    ['a stream without duplex', () => [URL_, { method: 'POST', body: stream() }]],
    ['a GET with a body', () => [URL_, { body: 'x' }]],
    ['credentials in the URL', () => ['http://user:secret@api.test/']],
    ['a header that no field can hold', () => [URL_, { headers: { 'x-a': 'a\nb' } }]],
    ['a method that is none', () => [URL_, { method: 'GET /' }]],
    ['a signal that is none', () => [URL_, { signal: {} as AbortSignal }]],
    ['a scheme that is not HTTP', () => ['ftp://api.test/']],
  ])('rejects %s, as every fetch does', async (_, args) => {
    const fake = fakeFetch(200);

    await expect(fake(...args())).rejects.toThrow(TypeError);
    await expect(fetch(...args())).rejects.toThrow(TypeError);
    expect(fake.requests).toEqual([]);
  });

  it('refuses a GET with a body also where Request takes one, as in Bun', async () => {
    class Lenient extends Request {
      override readonly body = stream();
    }
    vi.stubGlobal('Request', Lenient);
    onTestFinished(() => void vi.unstubAllGlobals());

    await expect(fakeFetch(200)(URL_)).rejects.toThrow('cannot have body');
  });

  it('rejects a Request that was sent before', async () => {
    const fake = fakeFetch(200);
    const request = new Request(URL_, { method: 'POST', body: 'order' });
    await fake(request);

    expect(request.bodyUsed).toBe(true);
    await expect(fake(request)).rejects.toThrow(TypeError);
    expect(fake.requests.map(({ body }) => body)).toEqual(['order']);
  });

  it('resolves a relative address against the page, as beside jsdom', async () => {
    vi.stubGlobal('location', { href: 'https://app.example.com/users/' });
    onTestFinished(() => void vi.unstubAllGlobals());
    const fetch = fakeFetch(200);

    const { url } = await fetch('1?a=b', { method: 'PUT', body: 'order' });
    await fetch('/reports');

    const sent = fetch.requests.map(({ method, url: asked, body }) => `${method} ${asked} ${body}`);
    expect(sent).toEqual(['PUT https://app.example.com/users/1?a=b order', 'GET https://app.example.com/reports ']);
    expect(url).toBe('https://app.example.com/users/1?a=b');
  });

  it('records and answers with the URL that is sent', async () => {
    const fake = fakeFetch(200);

    const response = await fake('HTTP://Api.test:80/a/../b c?d#fragment');

    expect(fake.requests[0]!.url).toBe('http://api.test/b%20c?d');
    expect(response.url).toBe('http://api.test/b%20c?d');
  });

  it('reads the members of an init that a class gives', async () => {
    const fake = fakeFetch(200);
    class Init {
      get method() {
        return 'put';
      }
      get body() {
        return 'order';
      }
    }

    await fake(URL_, new Init());

    expect(fake.requests[0]).toMatchObject({ method: 'PUT', body: 'order' });
  });

  it('cancels a body that is not sent', async () => {
    const cancelled: unknown[] = [];
    const endlessBody = () => new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
    const controller = new AbortController();
    const init = () =>
      ({ method: 'POST', body: endlessBody(), duplex: 'half', signal: controller.signal }) as RequestInit;
    const call = fakeFetch(200)(URL_, init());
    await new Promise((resolve) => setTimeout(resolve));

    controller.abort('enough');

    await expect(call).rejects.toBe('enough');
    await expect(fakeFetch(200)(URL_, init())).rejects.toBe('enough');
    expect(cancelled).toEqual(['enough', 'enough']);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it.each([
    ['breaks', new ReadableStream({ pull: () => Promise.reject(new RangeError('source')) }), 'source'],
    ['is not made of bytes', new ReadableStream({ start: (c) => c.enqueue('text') }), 'Received non-Uint8Array chunk'],
  ])('fails when the body that is sent %s', async (_, body, message) => {
    const call = fakeFetch(200)(URL_, { method: 'POST', body, duplex: 'half' } as RequestInit);

    await expect(call).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: { message } });
  });

  it('rejects with what the script throws, and writes it down', async () => {
    const mistake = new Error('no such case');
    const fetch = fakeFetch(() => {
      throw mistake;
    });

    await expect(fetch(URL_)).rejects.toBe(mistake);
    expect(fetch.calls[0]!.problem).toBe(mistake);
  });

  it('refuses options it does not know', () => {
    expect(() => fakeFetch(200, { clok: 1 } as never)).toThrow("fakeFetch: unknown option 'clok'");
    expect(() => fakeFetch(200, { clock: { now: Date.now } as never })).toThrow(
      'fakeFetch: clock.sleep: expected a function',
    );
  });
});

describe('networkError', () => {
  it('names the address that was tried', () => {
    expect(networkError('ECONNREFUSED', 'http://127.0.0.1:8080/x').cause).toMatchObject({
      message: 'connect ECONNREFUSED 127.0.0.1:8080',
      errno: -111,
      address: '127.0.0.1',
      port: 8080,
    });
    expect(networkError('ENETUNREACH', 'https://[::1]/').cause).toMatchObject({ address: '::1', port: 443 });
    expect(networkError('EHOSTDOWN', 'http://api.test/').cause).toMatchObject({ address: '127.0.0.1', port: 80 });
    expect(networkError('ENOTFOUND', 'http://api.test/').cause).toMatchObject({ hostname: 'api.test' });
    expect(networkError().cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('refuses a code and an address that are no text', () => {
    expect(() => networkError(5 as never)).toThrow('networkError: code: expected a string, got 5');
    expect(() => networkError('EPIPE', 5 as never)).toThrow('networkError: url: expected a string, got 5');
  });
});
