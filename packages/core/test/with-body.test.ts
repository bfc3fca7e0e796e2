import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { withBody } from '../src/body/with-body.ts';
import { historyBehind, keepHistory } from '../src/call/history.ts';
import { isRedirected } from '../src/call/origin.ts';

const server = createServer((request, response) => {
  if (request.url === '/moved') return response.writeHead(302, { location: '/there' }).end();
  if (request.url === '/odd') return response.writeHead(999, 'Odd').end('old');
  response.writeHead(201, 'Made', { 'x-one': '1', 'set-cookie': ['a=1', 'b=2'] }).end('old');
});
let base = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
afterEach(() => vi.unstubAllGlobals());

/** A class whose instances have a response of the platform inside, whose `clone` gives one, and whose methods cannot be replaced. */
function classAround(Native: typeof Response): typeof Response {
  class Light {
    constructor(...given: ConstructorParameters<typeof Response>) {
      natives.set(this, new Native(...given) as unknown as Record<string, () => unknown>);
    }
  }
  const natives = new WeakMap<object, Record<string, () => unknown>>();
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(Native.prototype))) {
    if (name === 'constructor') continue;
    const member = get ? { get: ofInside((inside) => inside[name]) } : { value: ofInside((inside) => inside[name]!()) };
    Object.defineProperty(Light.prototype, name, { ...member, configurable: true });
  }
  function ofInside(read: (inside: Record<string, () => unknown>) => unknown) {
    return function (this: object) {
      return read(natives.get(this)!);
    };
  }
  return Light as typeof Response;
}

/** A class whose blobs of a stream have no type. */
function ofBun(Native: typeof Response): typeof Response {
  return class extends Native {
    readonly #isStream: boolean;

    constructor(body?: BodyInit | null, init?: ResponseInit) {
      super(body, init);
      this.#isStream = body instanceof ReadableStream;
    }

    override async blob(): Promise<Blob> {
      const blob = await super.blob();
      return this.#isStream ? blob.slice() : blob;
    }

    override clone(): Response {
      const { body, headers } = super.clone();
      return new Response(body, { headers });
    }
  };
}

describe('withBody', () => {
  it('keeps the facts of the network response', async () => {
    const response = await fetch(`${base}/moved`);

    const copy = withBody(response, 'new');

    expect(copy).toBeInstanceOf(Response);
    expect(copy).toMatchObject({ status: 201, statusText: 'Made', ok: true, redirected: true, type: 'basic' });
    expect(copy.url).toBe(`${base}/there`);
    expect(copy.headers.get('x-one')).toBe('1');
    expect(copy.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await copy.text()).toBe('new');
  });

  it('keeps it in clones, and in clones of clones', async () => {
    const copy = withBody(await fetch(`${base}/moved`), 'new');

    const second = copy.clone().clone();

    expect(second).toMatchObject({ url: `${base}/there`, redirected: true, type: 'basic' });
    expect(await second.text()).toBe('new');
    expect(await copy.text()).toBe('new');
  });

  it.each([
    ['the platform', undefined, false],
    ['a platform that does not tell it, but has a URL of its own, as Tauri', '/there', true],
  ])(
    'knows a redirect as the response of %s does, also where a fetch inside has changed the address',
    async (_, own, expected) => {
      const response = await fetch(`${base}/there?key=1`);
      if (own) Object.defineProperty(response, 'url', { value: base + own });
      const call = { url: `${base}/here` };

      const copy = withBody(response, 'new');

      const known = [response, copy, copy.clone().clone()].map((one) => isRedirected(one, call));
      expect(known).toEqual([expected, expected, expected]);
    },
  );

  it('knows no redirect of a mock whose address cannot be parsed', () => {
    const response = Object.defineProperty(new Response(), 'url', { value: 'https://[' });

    expect(isRedirected(response, { url: `${base}/here` })).toBe(false);
  });

  it("can be cloned, read and changed if the global Response wraps the platform's class, as with Hono on Node", async () => {
    vi.stubGlobal('Response', classAround(Response));
    const [status, statusText, headers] = [201, 'Made', new Headers()];

    const copy = withBody({ status, statusText, headers } as Response, 'new');

    const clone = copy.clone();
    copy.json = async () => 'by ky'; // as it does where there is a parseJson
    expect(await copy.json()).toBe('by ky');
    expect(await clone.clone().text()).toBe('new');
    expect(await clone.text()).toBe('new');
    expect(await copy.text()).toBe('new');
  });

  it('allows its methods to be replaced, as ky does for parseJson', async () => {
    const copy = withBody(new Response('old'), 'new', (error) => error);

    copy.json = async () => 'mine';
    copy.clone = () => copy;

    expect(await copy.clone().json()).toBe('mine');
  });

  it('keeps the properties that a fetch inside has added to the response, except members of its class', async () => {
    const response = Object.assign(new Response('old'), { tookMs: 5, json: async () => 'of the old one' });

    const copy = withBody(withBody(response, 'new'), '"newer"');

    expect(copy).toHaveProperty('tookMs', 5);
    expect(await copy.json()).toBe('newer');
  });

  it('keeps a getter that a fetch inside has written on the response, and does not read it', async () => {
    const response = new Response('old');
    const get = function (this: Response) {
      return this.text();
    };
    Object.defineProperty(response, 'words', { get, enumerable: true });

    const copy = withBody(response, 'new');

    expect(response.bodyUsed).toBe(false);
    expect(await (copy as Response & { words: Promise<string> }).words).toBe('new');
  });

  it('keeps headers that the constructor of a browser leaves out, if `headers` is an own property, as in Tauri', async () => {
    class OfBrowser extends Response {
      constructor(body?: BodyInit | null, init?: ResponseInit) {
        const headers = new Headers(init?.headers);
        headers.delete('set-cookie');
        super(body, { ...init, headers });
      }
    }
    vi.stubGlobal('Response', OfBrowser);
    const response = new Response('old');
    Object.defineProperty(response, 'headers', { value: new Headers({ 'set-cookie': 'a=1', 'x-one': '1' }) });

    const copy = withBody(response, 'new');

    expect(copy.headers.getSetCookie()).toEqual(['a=1']);
    expect(copy.clone().headers.getSetCookie()).toEqual(['a=1']);
    expect(copy.headers.get('x-one')).toBe('1');
    expect(copy.headers).not.toBe(response.headers);
  });

  it('copies nothing if the class itself has own properties on a response', () => {
    class Own extends Response {
      ofTheClass = 'own';
    }
    vi.stubGlobal('Response', Own);

    const copy = withBody(Object.assign(new Own('old'), { ofTheClass: 'old', tookMs: 5 }), 'new');

    expect(copy).toHaveProperty('ofTheClass', 'own');
    expect(copy).not.toHaveProperty('tookMs');
  });

  it('answers for its origin, also in clones', () => {
    const response = new Response('old');
    keepHistory(response, [{ attempt: 1 }]);

    const copy = withBody(response, 'new');

    expect([historyBehind(copy), historyBehind(copy.clone())]).toEqual(Array(2).fill([{ attempt: 1 }]));
    expect([historyBehind(new Response()), historyBehind('text')]).toEqual([undefined, undefined]);
  });

  it('keeps its own history if nothing can be added to the global object', async () => {
    const key = Symbol.for('steadfetch.histories.1');
    const shared = Object.getOwnPropertyDescriptor(globalThis, key);
    vi.resetModules();
    const other = await import('../src/call/history.ts');
    const error = new Error('late');
    const real = globalThis;

    Reflect.deleteProperty(real, key);
    Object.assign(real, { globalThis: Object.preventExtensions(Object.create(real)) });
    try {
      other.keepHistory(error, [{ attempt: 1 }]);
      expect(other.historyBehind(error)).toEqual([{ attempt: 1 }]);
    } finally {
      Object.assign(real, { globalThis: real });
      if (shared) Object.defineProperty(real, key, shared);
    }
  });

  it('reads as JSON, bytes, blob and stream', async () => {
    const copy = withBody(new Response('', { headers: { 'content-type': 'text/plain' } }), '[1]');

    expect(await copy.clone().json()).toEqual([1]);
    expect(new Uint8Array(await copy.clone().arrayBuffer())).toHaveLength(3);
    expect((await copy.clone().blob()).type).toBe('text/plain');
    expect((await copy.body!.getReader().read()).value).toHaveLength(3);
    expect(copy.bodyUsed).toBe(true);
  });

  it.each([
    ['image/png', 'image/png'],
    [undefined, ''],
  ])('gives a blob its type where that of a stream has none, as in Bun: %s', async (field, type) => {
    vi.stubGlobal('Response', ofBun(Response));
    const response = new Response('old', field === undefined ? {} : { headers: { 'content-type': field } });
    if (field === undefined) response.headers.delete('content-type');

    const copy = withBody(response, new Blob(['new']).stream());

    const [clone, blob] = [await copy.clone().blob(), await copy.blob()];
    expect([clone.type, blob.type, await clone.text(), await blob.text()]).toEqual([type, type, 'new', 'new']);
    await expect(copy.blob()).rejects.toThrow(TypeError);
  });

  it('keeps a status that the constructor refuses', async () => {
    const copy = withBody(await fetch(`${base}/odd`), 'new');

    expect(copy).toMatchObject({ status: 999, statusText: 'Odd', ok: false });
    expect(copy.clone().status).toBe(999);
    expect(await copy.text()).toBe('new');
  });

  it('keeps a reason phrase that the constructor refuses', () => {
    const response = Object.defineProperty(new Response('old'), 'statusText', { value: '\u{fffd}' });

    const copy = withBody(response, 'new');

    expect(copy.statusText).toBe('\u{fffd}');
  });

  it.each(['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const)(
    'rejects %s with the error that errorOf returns, also in clones',
    async (name) => {
      const failing = new ReadableStream({ pull: (stream) => stream.error(new TypeError('Failed to fetch')) });
      const error = new Error('the real one');

      const copy = withBody(new Response('old'), failing, () => error);
      const second = copy.clone();

      await expect(copy[name]()).rejects.toBe(error);
      await expect(second[name]()).rejects.toBe(error);
    },
  );

  it('rejects with the error that broke it once, and then like any used body', async () => {
    const failing = new ReadableStream({ pull: (stream) => stream.error(new TypeError('Failed to fetch')) });
    const error = new Error('the real one');
    const copy = withBody(new Response('old'), failing, () => error);

    await expect(copy.text()).rejects.toBe(error);

    await expect(copy.text()).rejects.toThrow(/unusable|already/);
  });

  it('lacks a method that the runtime lacks', () => {
    const { bytes } = Response.prototype;
    Reflect.deleteProperty(Response.prototype, 'bytes');

    const copy = withBody(new Response('old'), 'new', (error) => error);
    Object.defineProperty(Response.prototype, 'bytes', { value: bytes, configurable: true, writable: true });

    expect(Object.hasOwn(copy, 'bytes')).toBe(false);
    expect(Object.hasOwn(copy, 'text')).toBe(true);
  });

  it.each([204, 205, 304])('makes a %i without a body', (status) => {
    const copy = withBody(new Response(null, { status }), 'new');

    expect(copy.status).toBe(status);
    expect(copy.body).toBeNull();
  });
});
