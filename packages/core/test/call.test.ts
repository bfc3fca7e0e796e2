import { bodyFactory, Call, defineMiddleware, type Fetch } from '@steadfetch/core';
import { isRequest, keepBody } from '@steadfetch/core/kit';
import { describe, expect, it, vi } from 'vitest';
import { isPlatformFetch } from '../src/call/platform-fetch.ts';

const URL_ = 'https://api.test/things?token=1';

function recorder() {
  const seen: { input: RequestInfo | URL; init: RequestInit | undefined }[] = [];
  const fetch: Fetch = async (input, init) => {
    seen.push({ input, init });
    return new Response('ok');
  };
  return { seen, fetch };
}

const passThrough = defineMiddleware((call, next) => next(call));
const twice = defineMiddleware(async (call, next) => {
  await next(call);
  await Promise.resolve();
  return next(call.with({ attempt: 2 }));
});

describe('Call', () => {
  it('reads each member of an init once', async () => {
    const { seen, fetch } = recorder();
    const body = vi.fn(() => 'data');
    const init = {
      method: 'PUT',
      get body() {
        return body();
      },
    };

    await passThrough(fetch)(URL_, init);

    expect(body).toHaveBeenCalledTimes(1);
    expect(seen[0]!.init!.body).toBe('data');
  });

  it('takes no header from the prototype of all objects, as fetch does', () => {
    const polluted = Object.prototype as { extend?: () => void };
    polluted.extend = () => {};
    try {
      expect([...Call.from(URL_, { headers: { a: '1' } }).headers]).toEqual([['a', '1']]);
    } finally {
      delete polluted.extend;
    }
  });

  it('reads url, method, headers and signal of a plain call', () => {
    const { signal } = new AbortController();

    const call = Call.from(URL_, { method: 'post', headers: { 'X-One': '1' }, signal });

    expect(call.url).toBe(URL_);
    expect(call.origin).toBe('https://api.test');
    expect(call.method).toBe('POST');
    expect(call.headers.get('x-one')).toBe('1');
    expect(call.signal).toBe(signal);
    expect(call.attempt).toBe(1);
  });

  it('reads them of a Request, and lets init override', () => {
    const request = new Request(URL_, { method: 'PUT', headers: { a: '1' }, body: 'x' });

    expect(Call.from(request).method).toBe('PUT');
    expect(Call.from(request).headers.get('a')).toBe('1');
    expect(Call.from(request).signal).toBe(request.signal);
    expect(Call.from(request, { method: 'PATCH', headers: { b: '2' } }).method).toBe('PATCH');
    expect(Call.from(request, { headers: { b: '2' } }).headers.has('a')).toBe(false);
    expect(Call.from(request, { signal: null }).signal).toBeUndefined();
    expect(Call.from(request, null as never).with({ signal: request.signal }).method).toBe('PUT'); // as `fetch` takes it
  });

  it('takes a URL object, and upper-cases only the methods that fetch does', () => {
    expect(Call.from(new URL(URL_)).url).toBe(URL_);
    expect(Call.from(URL_, { method: 'patch' }).method).toBe('patch');
    expect(Call.from(URL_, { method: 'query' }).method).toBe('query');
    expect(Call.from(URL_).method).toBe('GET');
  });

  it('resolves a relative URL where the runtime knows its location, and keeps it elsewhere', () => {
    expect(Call.from('/things').url).toBe('/things');
    expect(Call.from('/things').origin).toBe('/');

    vi.stubGlobal('location', { href: 'https://site.test/page' });

    expect(Call.from('/things').url).toBe('https://site.test/things');
    expect(Call.from('https://[bad/').url).toBe('https://[bad/');
    expect(Call.from('//[bad').url).toBe('//[bad');
    vi.unstubAllGlobals();
  });

  it.each([
    ['no body', undefined, true],
    ['null', null, true],
    ['a string', 'x', true],
    ['bytes', new Uint8Array(2), true],
    ['an ArrayBuffer', new ArrayBuffer(2), true],
    ['a Blob', new Blob(['x']), true],
    ['URLSearchParams', new URLSearchParams('a=1'), true],
    ['FormData', new FormData(), true],
    ['a body factory', bodyFactory(() => 'x'), true],
    ['a stream', new ReadableStream(), false],
    ['an async iterable', (async function* () {})() as unknown as BodyInit, false],
  ])('knows whether %s can be sent again', (_name, body, replayable) => {
    expect(Call.from(URL_, { method: 'POST', body: body as BodyInit }).replayable).toBe(replayable);
  });

  it('is replayable with a Request until that is used', async () => {
    const request = new Request(URL_, { method: 'PUT', body: 'x' });
    expect(Call.from(request).replayable).toBe(true);

    await request.text();

    expect(Call.from(request).replayable).toBe(false);
  });

  it('derives a call and leaves the first as it was', () => {
    const call = Call.from(URL_, { headers: { a: '1' }, method: 'PUT' });
    const { signal } = new AbortController();

    const derived = call.with({ headers: { b: '2' }, signal, attempt: 3, retried: true });

    expect([derived.attempt, derived.retried, derived.method]).toEqual([3, true, 'PUT']);
    expect(derived.headers.get('b')).toBe('2');
    expect(derived.signal).toBe(signal);
    expect([call.attempt, call.retried, call.signal]).toEqual([1, false, undefined]);
    expect(call.headers.has('b')).toBe(false);
    expect(call.with({ init: undefined }).method).toBe('GET');
  });

  it('counts the nearest deadline', () => {
    const call = Call.from(URL_);

    expect(call.remaining()).toBe(Infinity);
    expect(call.with({ remaining: () => 5 }).remaining()).toBe(5);
    expect(
      call
        .with({ remaining: () => 5 })
        .with({ remaining: () => 9 })
        .remaining(),
    ).toBe(5);
    expect(
      call
        .with({ remaining: () => 5 })
        .with({ attempt: 2 })
        .remaining(),
    ).toBe(5);
  });
});

describe('a call to another address', () => {
  it('keeps method, headers, body and signal of a Request', async () => {
    const { signal } = new AbortController();
    const body = { method: 'PUT', body: 'x', headers: { a: '1' }, signal };
    const moved = Call.from(new Request(URL_, body)).with({ input: 'https://other.test/' });
    const bare = Call.from(new Request(URL_, { method: 'DELETE', redirect: 'error' })).with({
      input: 'https://b.test/',
    });

    expect(moved).toMatchObject({ url: 'https://other.test/', method: 'PUT', replayable: true });
    expect(moved.headers.get('a')).toBe('1');
    expect(await new Request(moved.input, moved.init).text()).toBe('x');
    expect(bare).toMatchObject({ input: 'https://b.test/', init: { redirect: 'error' }, method: 'DELETE' });
    expect(bare.signal).toBeDefined();
  });

  it('is that of a new Request, where it is given one', () => {
    const other = new Request('https://other.test/', { headers: { b: '2' } });

    const moved = Call.from(new Request(URL_, { headers: { a: '1' } })).with({ input: other });

    expect([...moved.headers]).toEqual([['b', '2']]);
  });

  it('drops the mode of a navigation, which cannot be set by hand', () => {
    const request = Object.defineProperty(new Request(URL_), 'mode', { value: 'navigate' });

    expect(Call.from(request).with({ input: 'https://other.test/' }).init).not.toHaveProperty('mode');
  });
});

describe('a Request that is sent with something else', () => {
  it('keeps its referrer, which fetch forgets where there is any init', () => {
    const referrer = 'https://api.test/page';
    const request = new Request(URL_, { referrer, referrerPolicy: 'no-referrer' });
    const { init } = Call.from(request).with({ signal: new AbortController().signal });

    expect(init).toMatchObject({ referrer, referrerPolicy: 'no-referrer' });
  });

  it('keeps in a clone what sends its Request, which Node 22 holds by a symbol that a clone lacks', () => {
    const request = new Request('https://api.test/x', { method: 'PUT', body: 'x' });
    const proxy = { dispatch: () => true };
    const clone = Call.from(Object.assign(request, { [Symbol('dispatcher')]: proxy })).withClone();

    expect(clone.init).toMatchObject({ dispatcher: proxy, signal: request.signal });
  });

  it('keeps its signal in a clone, where that of init is not given', () => {
    const request = new Request(URL_, { method: 'PUT', body: 'x' });
    const { signal } = new AbortController();

    expect(keepBody(Call.from(request)).init?.signal).toBe(request.signal);
    expect(keepBody(Call.from(request, { signal })).init?.signal).toBe(signal);
    expect(keepBody(Call.from(request, { signal: null })).init?.signal).toBeNull();
  });

  it('keeps the length of a body in Deno, which loses that of one that was looked at', () => {
    const request = new Request(URL_, { method: 'PUT', body: 'x' });
    const look = vi.fn(() => null);
    Object.defineProperty(request, 'body', { get: look });

    expect(keepBody(Call.from(request)).input).not.toBe(request);
    expect(look).not.toHaveBeenCalled();
  });

  it('goes out as it is while its headers are unchanged, and else with those that it had', async () => {
    const { seen, fetch } = recorder();
    const request = new Request(URL_, { headers: { a: '1' } });

    const call = twice(fetch)(request);
    request.headers.set('a', '2');
    await call;

    expect(seen[0]).toEqual({ input: request, init: undefined });
    expect(new Request(seen[1]!.input, seen[1]!.init).headers.get('a')).toBe('1');
  });

  it('keeps in each attempt what a fetch inside adds to its headers, as fetch-cookie does', async () => {
    const sent: (string | null)[] = [];
    const withCookie: Fetch = async (input, init) => {
      (input as Request).headers.append('cookie', 'a=1');
      sent.push(new Request(input, init).headers.get('cookie'));
      return new Response();
    };

    await twice(withCookie)(new Request(URL_));

    expect(sent).toEqual(['a=1', 'a=1']);
  });

  it('keeps the headers of the call where a fetch inside passes on the Request alone, as that of OpenTelemetry', async () => {
    const { seen, fetch } = recorder();
    const withKey = defineMiddleware((call, next) => next(call.with({ headers: { 'idempotency-key': '"1"' } })));
    const alone: Fetch = (input) => fetch(input);

    await withKey(alone)(new Request(URL_, { method: 'POST', body: 'x', headers: { a: '1' } }));

    const sent = seen[0]!.input as Request;
    expect([...sent.headers]).toEqual([['idempotency-key', '"1"']]);
    expect(await sent.text()).toBe('x');
  });

  it('keeps the headers that the caller gave in an init where a fetch inside adds to those', async () => {
    const { seen, fetch } = recorder();
    const adds: Fetch = (input, init) =>
      fetch(input, { ...init, headers: { ...(init?.headers as object), trace: '1' } });
    const through = defineMiddleware((call, next) => next(call))(adds);
    await through(new Request(URL_, { headers: { a: '1' } }), { headers: { authorization: 'mine' } });
    const { input, init } = seen[0]!;
    expect([...new Request(input, init).headers]).toEqual([
      ['authorization', 'mine'],
      ['trace', '1'],
    ]);
  });

  it.each([undefined, {}, { retry: false }])('keeps its referrer beside an init without members: %o', async (init) => {
    const { seen, fetch } = recorder();
    const through = defineMiddleware((call, next) => next(call.with({ signal: new AbortController().signal })))(fetch);
    await through(new Request(URL_, { referrerPolicy: 'no-referrer' }), init as RequestInit);
    expect(seen[0]!.init).toMatchObject({ referrerPolicy: 'no-referrer' });
  });

  it('is aborted where a fetch inside passes on the Request alone', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const withKey = defineMiddleware((call, next) =>
      next(call.with({ headers: { 'idempotency-key': '"1"' }, signal })),
    );
    const hanging: Fetch = (input) =>
      new Promise((_, reject) => {
        const { signal: own } = input as Request;
        own.addEventListener('abort', () => reject(own.reason));
      });

    const call = withKey(hanging)(new Request(URL_, { method: 'POST', body: 'x' }));
    controller.abort('enough');

    await expect(call).rejects.toBe('enough');
  });

  it('is still aborted after its response where a fetch inside passes on the Request alone', async () => {
    const { seen, fetch } = recorder();
    const controller = new AbortController();
    const { signal } = controller;
    const withKey = defineMiddleware((call, next) => next(call.with({ headers: { 'idempotency-key': '"1"' } })));
    const alone: Fetch = (input) => fetch(input);

    await withKey(alone)(new Request(URL_, { method: 'POST', body: 'x', signal }));
    controller.abort('enough');

    expect((seen[0]!.input as Request).signal.reason).toBe('enough');
  });

  it('keeps its referrer policy where a fetch inside passes on the Request alone', async () => {
    const { seen, fetch } = recorder();
    const withKey = defineMiddleware((call, next) => next(call.with({ headers: { 'idempotency-key': '"1"' } })));
    const alone: Fetch = (input) => fetch(input);

    await withKey(alone)(new Request(URL_, { method: 'POST', body: 'x', referrerPolicy: 'no-referrer' }));

    expect((seen[0]!.input as Request).referrerPolicy).toBe('no-referrer');
  });

  it('may be of another realm than the signal of the call, as in jsdom', async () => {
    const { seen, fetch } = recorder();
    const signal = new EventTarget() as AbortSignal;
    const other = defineMiddleware((call, next) => next(call.with({ headers: { a: '1' }, signal })));

    await other(fetch)(new Request(URL_, { method: 'POST', body: 'x' }));

    const sent = seen[0]!.input as Request;
    expect([sent.headers.get('a'), await sent.text()]).toEqual(['1', 'x']);
  });

  it('may be of a fetch of its own, and has the headers that it had in the init', async () => {
    const { seen, fetch } = recorder();
    const request = { url: URL_, headers: new Headers({ a: '1' }) } as unknown as Request;

    const call = twice(fetch)(request);
    request.headers.set('a', '2');
    await call;

    expect(seen[1]!.input).toBe(request);
    expect(new Headers(seen[1]!.init!.headers).get('a')).toBe('1');
  });

  it('is sent without the referrer that each has: Node hangs with it where URL was replaced', () => {
    const { signal } = new AbortController();

    expect(Call.from(new Request(URL_)).with({ signal }).init).toEqual({ signal });
  });

  it('goes out as it is where there is none, so that the error is that of fetch', async () => {
    const { seen, fetch } = recorder();
    const { signal } = new AbortController();

    await defineMiddleware((call, next) => next(call.with({ signal })))(fetch)(undefined as unknown as string);

    expect(seen).toEqual([{ input: undefined, init: { signal } }]);
  });

  it('may have headers that cannot be read', () => {
    const odd = { url: URL_, headers: { 'a b': '\n' } } as unknown as Request;

    expect(Call.from(odd).url).toBe(URL_);
  });
});

describe('what a later attempt sends', () => {
  it('is what was asked for, whatever the caller changes afterwards', async () => {
    const { seen, fetch } = recorder();
    const bytes = new Uint8Array([1, 2]);
    const form = new FormData();
    form.append('a', '1');
    const params = new URLSearchParams('a=1');
    const headers = new Headers({ a: '1' });
    const pairs: [string, string][] = [['a', '1']];
    const inits: RequestInit[] = [
      { method: 'PUT', headers, body: bytes },
      { method: 'PUT', headers: pairs, body: form },
      { method: 'PUT', headers: { a: '1' }, body: params },
      { method: 'PUT', body: bytes.buffer },
    ];

    const calls = inits.map((init) => twice(fetch)(URL_, init));
    inits.forEach((init) => (init.method = 'DELETE'));
    headers.set('a', 'changed');
    pairs[0]![1] = 'changed';
    bytes[0] = 9;
    form.set('a', 'changed');
    params.set('a', 'changed');
    await Promise.all(calls);

    const retries = seen.slice(4);
    expect(retries.map(({ init }) => init!.method)).toEqual(['PUT', 'PUT', 'PUT', 'PUT']);
    expect(retries.slice(0, 3).map(({ init }) => new Headers(init!.headers).get('a'))).toEqual(['1', '1', '1']);
    expect((retries[0]!.init!.body as Uint8Array)[0]).toBe(1);
    expect((retries[1]!.init!.body as FormData).get('a')).toBe('1');
    expect(String(retries[2]!.init!.body)).toBe('a=1');
    expect(new Uint8Array(retries[3]!.init!.body as ArrayBuffer)[0]).toBe(1);
  });

  it('is what the getters of a class return', async () => {
    const { seen, fetch } = recorder();
    class Deletion {
      headers = { a: '1' };
      get method() {
        return 'DELETE';
      }
    }

    await twice(fetch)(URL_, new Deletion());

    expect(seen.map(({ init }) => init)).toEqual(Array(2).fill({ method: 'DELETE', headers: { a: '1' } }));
  });

  it('is what fetch reads of a request of Hono on Node, whose other getters throw', async () => {
    const { seen, fetch } = recorder();
    const real = new Request(URL_, { method: 'PUT', headers: { a: '1' }, cache: 'no-store' });
    const names = ['method', 'headers', 'body', 'cache', 'credentials', 'integrity', 'mode', 'redirect', 'referrer'];
    const prototype = Object.create(Request.prototype) as object;
    for (const name of [...names, 'referrerPolicy', 'signal', 'keepalive']) {
      Object.defineProperty(prototype, name, { get: () => real[name as keyof Request] });
    }

    await passThrough(fetch)(URL_, Object.create(prototype) as RequestInit);

    expect(seen[0]!.init).toMatchObject({ method: 'PUT', cache: 'no-store', signal: real.signal });
    expect(new Headers(seen[0]!.init!.headers).get('a')).toBe('1');
  });

  it('is not asked for where what fetch reads throws', async () => {
    const { seen, fetch } = recorder();
    const error = new Error('no method');
    const get = () => {
      throw error;
    };
    const init = Object.create(Object.defineProperty({}, 'method', { get, enumerable: true })) as RequestInit;

    await expect(passThrough(fetch)(URL_, init)).rejects.toBe(error);
    expect(seen).toEqual([]);
  });

  it.each<[string, object, RequestInit]>([
    ['a method in a list', { method: ['post'] }, { method: 'post' }],
    ['a referrer of a class', { referrer: new URL('https://a.test/') }, { referrer: 'https://a.test/' }],
    ['headers in lists', { headers: { a: ['1', '2'] } }, { headers: { a: '1,2' } }],
    ['pairs of numbers', { headers: [['a', 1]] }, { headers: [['a', '1']] }],
    [
      'a body with a text',
      { method: 'PUT', body: new URL('https://a.test/') },
      { method: 'PUT', body: 'https://a.test/' },
    ],
  ])('is the text that fetch would make of %s', (_what, init, expected) => {
    expect(Call.from(URL_, init as RequestInit).init).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['a Blob', new Blob(['x'])],
    ['a Blob without a tag, as that of happy-dom', { toString: () => '[object Blob]' }],
    ['an object of a runtime of its own', { uri: 'file://x' }],
    ['an object without a text', Object.create(null)],
    ['a form that cannot be listed', Object.create({ [Symbol.toStringTag]: 'FormData' })],
  ])('is what it was where there is no text to it: %s', (_what, body) => {
    expect(Call.from(URL_, { method: 'PUT', body: body as BodyInit }).init!.body).toBe(body);
  });

  it('is what a wrapper of the caller inside asks for: fields without a value, an array, the text of a Buffer', () => {
    const ids = ['a', 'b'];
    const bytes = Buffer.from('text');
    const headers = { authorization: undefined, 'x-none': null };

    const { headers: fields, body } = Call.from(URL_, { headers, body: ids } as never).init!;
    const copy = Call.from(URL_, { method: 'PUT', body: bytes }).init!.body;
    ids.push('later');
    bytes.fill(0);

    expect(fields).toEqual(headers);
    expect(body).toEqual(['a', 'b']);
    expect(String(copy)).toBe('text');
  });

  it('is bytes of a class whose constructor takes something else', () => {
    class Text extends Uint8Array {
      constructor(text: string) {
        super(Buffer.from(text.toUpperCase()));
      }
    }

    const { body } = Call.from(URL_, { method: 'PUT', body: new Text('a') as never }).init!;

    expect([...(body as unknown as Uint8Array)]).toEqual([65]);
  });

  it('is params where they have no tag, as in Workers of an older date', () => {
    const params = Object.defineProperty(new URLSearchParams('a=1'), Symbol.toStringTag, { value: undefined });

    const { body } = Call.from(URL_, { method: 'POST', body: params }).init!;
    params.set('a', 'changed');

    expect(body).toBeInstanceOf(URLSearchParams);
    expect(String(body)).toBe('a=1');
  });

  it('is the text of params in React Native, whose fetch cannot send params', () => {
    vi.stubGlobal('navigator', { product: 'ReactNative' });
    const params = Object.defineProperty(new URLSearchParams('a=1'), Symbol.toStringTag, { value: undefined });

    expect(Call.from(URL_, { method: 'POST', body: params }).init!.body).toBe('a=1');
  });

  it('is a form of the class that the runtime knows, with the fields that it had', () => {
    class Csrf extends FormData {
      constructor(record: Record<string, string>) {
        super();
        this.append('csrf', 't0ken');
        for (const [name, value] of Object.entries(record)) this.append(name, value);
      }
    }

    const { body } = Call.from(URL_, { method: 'POST', body: new Csrf({ item: '7' }) }).init!;

    expect([...(body as FormData)]).toEqual([
      ['csrf', 't0ken'],
      ['item', '7'],
    ]);
    expect(Object.getPrototypeOf(body)).toBe(FormData.prototype);
  });

  it('keeps what a Request cannot hold, by reference', async () => {
    const { seen, fetch } = recorder();
    const dispatcher = {};

    await twice(fetch)(URL_, { dispatcher, next: { revalidate: 1 } } as RequestInit);

    expect(seen.map(({ init }) => (init as { dispatcher?: unknown }).dispatcher)).toEqual([dispatcher, dispatcher]);
  });

  it('is a fresh body where the caller passed a factory', async () => {
    const { seen, fetch } = recorder();
    const make = vi.fn(() => new ReadableStream());
    const text = bodyFactory(() => 'fresh');

    await twice(fetch)(URL_, { method: 'PUT', body: bodyFactory(make) });
    await passThrough(fetch)(URL_, { method: 'PUT', body: text });

    expect(make).toHaveBeenCalledTimes(2);
    expect(seen[0]!.init!.body).not.toBe(seen[1]!.init!.body);
    expect(seen[0]!.init).toMatchObject({ duplex: 'half' });
    expect(seen[2]!.init).toEqual({ method: 'PUT', body: 'fresh' });
  });

  it('builds no Request and clones none', async () => {
    const { fetch } = recorder();
    const clone = vi.spyOn(Request.prototype, 'clone');
    const construct = vi.fn();
    const Original = globalThis.Request;
    vi.stubGlobal(
      'Request',
      class extends Original {
        constructor(...args: ConstructorParameters<typeof Request>) {
          super(...args);
          construct();
        }
      },
    );

    await twice(fetch)(URL_, { method: 'POST', body: 'x' });

    vi.unstubAllGlobals();
    expect(construct).not.toHaveBeenCalled();
    expect(clone).not.toHaveBeenCalled();
    clone.mockRestore();
  });

  it('distinguishes the fetch of the platform from one in its place, which needs the mark of an outer retry', () => {
    const platform = globalThis.fetch;
    const imposters = [
      recorder().fetch,
      new Proxy(platform, {}),
      platform.bind(globalThis),
      async function fetch(...args: Parameters<Fetch>) {
        return platform(...args);
      },
    ];
    const ofImposters = imposters.map((imposter) => {
      vi.stubGlobal('fetch', imposter);
      return isPlatformFetch(imposter);
    });
    vi.unstubAllGlobals();

    expect(ofImposters).toEqual([false, false, false, false]);
    expect([isPlatformFetch(platform), isPlatformFetch(recorder().fetch)]).toEqual([true, false]);
  });

  it('carries attempt and deadline through a foreign wrapper', async () => {
    const seen: unknown[] = [];
    const note = defineMiddleware((call, next) => {
      seen.push(call.attempt, call.remaining(), call.record.sends);
      return next(call);
    });
    const mark = defineMiddleware((call, next) => next(call.with({ retried: true, attempt: 3, remaining: () => 50 })));
    const foreign: Fetch = (input, init) => note(recorder().fetch)(input, init);

    await mark(foreign)(URL_);

    expect(seen).toEqual([3, 50, 1]);
  });

  it('carries the mark of an outer retry through a foreign wrapper', async () => {
    const marks: unknown[] = [];
    const note = defineMiddleware((call, next) => {
      marks.push(call.retried);
      return next(call);
    });
    const mark = defineMiddleware((call, next) => next(call.with({ retried: true })));
    const { fetch } = recorder();
    const foreign: Fetch = (input, init) => note(fetch)(input, { ...init });

    await mark(foreign)(URL_);
    await mark(foreign)(URL_, { method: 'PUT' });

    expect(marks).toEqual([true, true]);
  });
});

it('distinguishes a Request from a string and a URL', () => {
  expect([isRequest(new Request(URL_)), isRequest(URL_), isRequest(new URL(URL_)), isRequest(null)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
