import { bodyFactory, Call, defineMiddleware } from '@steadfetch/core';
import { isRequest } from '@steadfetch/core/kit';
import { describe, expect, it, vi } from 'vitest';
import { recorder } from './support/recorder.ts';

const URL_ = 'https://api.test/things?token=1';

const passThrough = defineMiddleware((call, next) => next(call));

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

  it('resolves a relative URL if the runtime has a location, and keeps it otherwise', () => {
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

  it('comes from a new Request, if the call is given one', () => {
    const other = new Request('https://other.test/', { headers: { b: '2' } });

    const moved = Call.from(new Request(URL_, { headers: { a: '1' } })).with({ input: other });

    expect([...moved.headers]).toEqual([['b', '2']]);
  });

  it('drops the mode of a navigation, which cannot be set by hand', () => {
    const request = Object.defineProperty(new Request(URL_), 'mode', { value: 'navigate' });

    expect(Call.from(request).with({ input: 'https://other.test/' }).init).not.toHaveProperty('mode');
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
