import { bodyFactory, Call, defineMiddleware, type Fetch } from '@steadfetch/core';
import { describe, expect, it, vi } from 'vitest';
import { isPlatformFetch } from '../src/call/platform-fetch.ts';
import { recorder } from './support/recorder.ts';

const URL_ = 'https://api.test/things?token=1';

const passThrough = defineMiddleware((call, next) => next(call));
const twice = defineMiddleware(async (call, next) => {
  await next(call);
  await Promise.resolve();
  return next(call.with({ attempt: 2 }));
});

describe('a later attempt', () => {
  it('sends the original arguments, whatever the caller changes afterwards', async () => {
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

  it('sends the values that the getters of a class return', async () => {
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

  it('sends the members that fetch reads from a request of Hono on Node, whose other getters throw', async () => {
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

  it.each([
    ['what Workers know of a client', 'cf', { country: 'DE' }],
    ['what Fastly sends a request to', 'backend', 'origin'],
    ['an option of ours', 'retry', false],
  ])('holds inherited members that not every fetch reads: %s', async (_, name, value) => {
    const { seen, fetch } = recorder();
    const init = Object.create(Object.defineProperty({}, name, { get: () => value, enumerable: true }));

    await passThrough(fetch)(URL_, init);

    expect(seen[0]!.init).toHaveProperty(name, value);
  });

  it('is not sent if a member that fetch reads throws', async () => {
    const { seen, fetch } = recorder();
    const error = new Error('no method');
    const get = () => {
      throw error;
    };
    const init = Object.create(Object.defineProperty({}, 'method', { get, enumerable: true })) as RequestInit;

    await expect(passThrough(fetch)(URL_, init)).rejects.toBe(error);
    expect(seen).toEqual([]);
  });

  it.each<[string, object, object]>([
    ['lists', { a: ['1', '2'] }, { a: '1,2' }],
    ['pairs of numbers', [['a', 1]], [['a', '1']]],
  ])('sends the text that fetch would make of headers: %s', (_what, headers, expected) => {
    expect(Call.from(URL_, { headers } as RequestInit).init!.headers).toEqual(expected);
  });

  it('sends the text that a method and a referrer had when the call was made', () => {
    const referrer = new URL('https://a.test/');
    const method = ['post'];
    const { init } = Call.from(URL_, { method, referrer } as never);
    referrer.pathname = '/later';
    method[0] = 'put';

    expect(init).toEqual({ method: 'post', referrer: 'https://a.test/' });
  });

  it('sends the text that fetch would make of a body', () => {
    const init = { method: 'PUT', body: new URL('https://a.test/') as never };

    expect(Call.from(URL_, init).init!.body).toBe('https://a.test/');
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

  it('keeps what a wrapper inside may read: fields without a value or with a function, an array, the text of a Buffer', () => {
    const ids = ['a', 'b'];
    const bytes = Buffer.from('text');
    const headers = { authorization: undefined, 'x-none': null, 'x-token': () => 'made for each request' };

    const { headers: fields, body } = Call.from(URL_, { headers, body: ids } as never).init!;
    const copy = Call.from(URL_, { method: 'PUT', body: bytes }).init!.body;
    ids.push('later');
    bytes.fill(0);

    expect(fields).toEqual(headers);
    expect(body).toEqual(['a', 'b']);
    expect(String(copy)).toBe('text');
  });

  it('sends bytes of a class whose constructor takes something else', () => {
    class Text extends Uint8Array {
      constructor(text: string) {
        super(Buffer.from(text.toUpperCase()));
      }
    }

    const { body } = Call.from(URL_, { method: 'PUT', body: new Text('a') as never }).init!;

    expect([...(body as unknown as Uint8Array)]).toEqual([65]);
  });

  it('sends URLSearchParams without a tag, as in Workers of an older date', () => {
    const params = Object.defineProperty(new URLSearchParams('a=1'), Symbol.toStringTag, { value: undefined });

    const { body } = Call.from(URL_, { method: 'POST', body: params }).init!;
    params.set('a', 'changed');

    expect(body).toBeInstanceOf(URLSearchParams);
    expect(String(body)).toBe('a=1');
  });

  it('sends the text of params in React Native, whose fetch cannot send params', () => {
    vi.stubGlobal('navigator', { product: 'ReactNative' });
    const params = Object.defineProperty(new URLSearchParams('a=1'), Symbol.toStringTag, { value: undefined });

    expect(Call.from(URL_, { method: 'POST', body: params }).init!.body).toBe('a=1');
  });

  it("sends a form of the runtime's own class, with the original fields", () => {
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

  it('keeps members that a Request cannot hold, by reference', async () => {
    const { seen, fetch } = recorder();
    const dispatcher = {};

    await twice(fetch)(URL_, { dispatcher, next: { revalidate: 1 } } as RequestInit);

    expect(seen.map(({ init }) => (init as { dispatcher?: unknown }).dispatcher)).toEqual([dispatcher, dispatcher]);
  });

  it('has a fresh body if the caller passed a factory', async () => {
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

    expect(seen).toEqual([3, 50, 0]);
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
