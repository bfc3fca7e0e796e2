import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fakeFetch, instantClock } from '../src/index.ts';

const URL_ = 'http://api.test/things';

describe('what fakeFetch is asked for', () => {
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

  it('records the part of a body that came before it broke off', async () => {
    const fetch = fakeFetch(200);
    let isFirst = true;
    const pull = (stream: ReadableStreamDefaultController) => {
      if (isFirst) stream.enqueue(new TextEncoder().encode('half'));
      else stream.error(new Error('the disk failed'));
      isFirst = false;
    };
    const init = { method: 'POST', body: new ReadableStream({ pull }), duplex: 'half' } as RequestInit;

    await expect(fetch(URL_, init)).rejects.toThrow('fetch failed');

    expect(fetch.calls[0]).toMatchObject({ body: 'half', size: 4, status: undefined });
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

  it('refuses a port that is blocked, as every fetch', async () => {
    const fetch = fakeFetch(200);

    await expect(fetch('http://127.0.0.1:6000/')).rejects.toMatchObject({
      name: 'TypeError',
      cause: { message: 'bad port' },
    });
    expect(fetch.calls).toHaveLength(0);
  });
});
