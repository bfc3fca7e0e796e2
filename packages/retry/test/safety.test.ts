import { bodyFactory, compose, defineMiddleware, type Fetch, type Middleware } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { API, networkError, recordingHooks, scripted } from './support.ts';

const quick = () => ({ clock: instantClock(), random: () => 0, budget: false as const });
const key = () => crypto.randomUUID();

describe('a POST without a key', () => {
  it('is never repeated because of an error, whatever it says, and whatever address it names', async () => {
    const codes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'HTTP2_REFUSED_STREAM'];
    const hosts = [
      { url: 'http://127.0.0.1:8080/', address: '127.0.0.1', port: 8080 },
      { url: 'http://localhost:8080/', address: '::1', port: 8080 },
      { url: 'https://api.test/', hostname: 'api.test' },
    ];
    const cases = fc.record({
      code: fc.constantFrom(...codes),
      host: fc.constantFrom(...hosts),
      redirect: fc.constantFrom<RequestRedirect | undefined>(undefined, 'follow', 'manual', 'error'),
      body: fc.constantFrom<() => BodyInit>(
        () => 'x',
        () => bodyFactory(() => new ReadableStream()),
        () => new URLSearchParams('a=1'),
      ),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ code, host: { url, ...at }, redirect, body }) => {
        const { fetch, requests } = scripted(networkError(code, { syscall: 'connect', ...at }));
        const init = { method: 'POST', body: body(), ...(redirect && { redirect }) };

        await retry(quick())(fetch)(url, init).catch(() => {});

        expect(requests).toHaveLength(1);
      }),
    );
  });

  it('is not made repeatable by a key that something below writes, on whatever it was given', async () => {
    const writers: Record<string, (input: RequestInfo | URL, init: RequestInit) => void> = {
      'on the headers of init': (_input, init) => (init.headers as Headers).set('idempotency-key', key()),
      'in their place': (_input, init) => {
        init.headers = { 'idempotency-key': key() };
      },
      'on the Request': (input) => (input as Request).headers?.set('idempotency-key', key()),
    };
    const inputs: Record<string, () => [RequestInfo, RequestInit?]> = {
      'url alone': () => [API, { method: 'POST' }],
      'url and Headers': () => [API, { method: 'POST', body: 'x', headers: new Headers({ a: '1' }) }],
      Request: () => [new Request(API, { method: 'POST', body: 'x' })],
    };
    const wrap: Record<string, (write: (typeof writers)[string], next: Fetch) => Fetch> = {
      'a foreign wrapper': (write, next) => async (input, init) => {
        try {
          write(input, init!);
        } catch {}
        return next(input, init);
      },
      'a middleware': (write, next) =>
        defineMiddleware((call, proceed) => {
          try {
            write(call.input, call.init as RequestInit);
            write(call.input, { headers: call.headers });
          } catch {}
          return proceed(call);
        })(next),
    };
    for (const write of Object.values(writers)) {
      for (const make of Object.values(inputs)) {
        for (const around of Object.values(wrap)) {
          const { fetch, requests } = scripted(503);
          const below = around(write, fetch);
          await retry(quick())(below)(...make());
          vi.stubGlobal('fetch', below);
          await retry(quick())(below)(...make());
          vi.unstubAllGlobals();
          expect(requests).toHaveLength(2);
        }
      }
    }
  });

  it('keeps its own key, if it has one, in each attempt, in events and in the history', async () => {
    const hooks = recordingHooks();
    const { fetch, requests } = scripted(409, 200);
    const writing: Fetch = (input, init) => {
      const response = fetch(input, { ...init });
      (init!.headers as Headers).set('idempotency-key', 'another');
      return response;
    };

    const init = { method: 'POST', headers: new Headers({ 'idempotency-key': 'mine' }) };
    await retry({ ...quick(), hooks })(writing)(API, init);

    expect(hooks.onRetry.mock.calls[0]![0]).toMatchObject({ idempotencyKey: 'mine', cause: '409' });
    expect(requests).toHaveLength(2);
    expect(init.headers.get('idempotency-key')).toBe('mine');
  });
});

describe('a change by the caller during a call', () => {
  const change: Record<string, { make: () => BodyInit; change: (body: never) => void }> = {
    bytes: { make: () => new Uint8Array([1]), change: (body: Uint8Array) => body.fill(9) },
    URL: {
      make: () => new URL('http://h.test/a') as never,
      change: (body: URL) => {
        body.pathname = '/b';
      },
    },
    array: { make: () => [1, 2] as never, change: (body: number[]) => void body.push(3) },
    'text of its own': {
      make: () => Object.assign(Object.create({ toString: () => 'fixed' }), {}) as never,
      change: (body: { toString: () => string }) => {
        body.toString = () => 'changed';
      },
    },
    form: { make: () => new FormData(), change: (body: FormData) => body.append('late', '1') },
  };

  it.each(Object.keys(change))('does not reach a later attempt: a body of kind %s', async (kind) => {
    const bodies: string[] = [];
    const reading: Fetch = async (input, init) => {
      bodies.push(await new Request(input, init).text());
      return new Response(null, { status: 503 });
    };
    const body = change[kind]!.make();

    const call = retry(quick())(reading)(API, { method: 'PUT', body });
    change[kind]!.change(body as never);
    await call;

    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
  });

  it('does not reach a later attempt: the headers of a Request, even if a wrapper below writes them', async () => {
    const seen: (string | null)[] = [];
    const writing: Fetch = async (input, init) => {
      const request = new Request(input, init);
      seen.push(request.headers.get('idempotency-key'));
      (input as Request).headers.set('idempotency-key', 'written');
      return new Response(null, { status: 503 });
    };
    const request = new Request(API, { method: 'PUT', body: 'x', headers: { 'idempotency-key': 'k1' } });

    const call = retry(quick())(writing)(request);
    request.headers.set('idempotency-key', 'k2');
    await call;

    expect(seen).toEqual(['k1', 'k1', 'k1']);
  });

  it('reaches an attempt no more than a wrapper that empties the body it was given', async () => {
    const sizes: number[] = [];
    const taking: Fetch = async (_input, init) => {
      const bytes = init!.body as Uint8Array<ArrayBuffer>;
      sizes.push(bytes.length);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      return new Response(null, { status: 503 });
    };

    await retry(quick())(taking)(API, { method: 'PUT', body: new Uint8Array(3) });

    expect(sizes).toEqual([3, 3, 3]);
  });

  it('does not reach a later attempt: a URL of another realm', async () => {
    let path = '/1';
    const foreign = { toString: () => `https://api.test${path}` };
    const { fetch, requests } = scripted(503);

    const call = retry(quick())(fetch)(foreign as never);
    path = '/2';
    await call;

    expect(requests.map(({ input }) => input)).toEqual(Array(3).fill('https://api.test/1'));
  });
});

describe('options', () => {
  class Config {
    get methods() {
      return ['GET'];
    }
    get maxRetries() {
      return 1;
    }
  }

  it('of a class count even if one call overrides another member', async () => {
    const { fetch, requests } = scripted(503);
    const steady = retry(Object.assign(new Config(), quick()))(fetch);

    await steady(API, { method: 'PUT', retry: { maxDelay: 60_000 } });
    await steady(API, { retry: { maxDelay: 60_000 } });

    expect(requests).toHaveLength(3);
  });

  it('may be inherited by an override', async () => {
    const { fetch, requests } = scripted(503);

    await retry(quick())(fetch)(API, { retry: Object.create({ maxRetries: 0 }) });

    expect(requests).toHaveLength(1);
  });
});

describe('a replacement of the global fetch', () => {
  it('that already retries is not retried by a second retry, nor if the call says retry: false', async () => {
    const { fetch, requests } = scripted(503);
    const steady = retry(quick())(fetch);
    vi.stubGlobal('fetch', async (input: RequestInfo, init?: RequestInit) => steady(input, init));
    const library = retry(quick())(globalThis.fetch);

    await library(API);
    const nested = requests.length;
    await library(API, { retry: false });
    vi.unstubAllGlobals();

    expect([nested, requests.length - nested]).toEqual([3, 1]);
  });
});

describe('a call that was not sent', () => {
  const refusing = (reason: string): Middleware =>
    defineMiddleware(() => Promise.reject(Object.assign(new Error('no'), { local: true, reason })));
  const spied = () => ({ acquire: vi.fn(() => ({ release: vi.fn() })), record: vi.fn() });

  it.each(['rate-limited', 'circuit-open', 'queue-full'])(
    'because a layer inside refused it is not repeated, costs nothing, and is told as %s',
    async (reason) => {
      const hooks = recordingHooks();
      const budget = spied();
      const options = { ...quick(), budget, hooks, shouldRetry: () => true };

      const call = compose(retry(options), refusing(reason))(scripted(200).fetch)(API);

      await expect(call).rejects.toMatchObject({ reason });
      expect(hooks.onGiveUp.mock.calls.map(([event]) => event.reason)).toEqual([reason]);
      expect(budget.record).not.toHaveBeenCalled();
    },
  );

  it('releases the permit of its retry', async () => {
    const release = vi.fn();
    const budget = { acquire: () => ({ release }), record: vi.fn() };
    let attempts = 0;
    const full = defineMiddleware((call, next) => (++attempts === 1 ? next(call) : refusing('queue-full')(fetch)(API)));

    await compose(retry({ ...quick(), budget }), full)(scripted(503).fetch)(API).catch(() => {});

    expect(attempts).toBe(2);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it.each<[string, RequestInit]>([
    ['a header that cannot be sent', { headers: { 'x-user': 'a\nb' } }],
    [
      'a stream that breaks',
      { method: 'PUT', body: new ReadableStream({ pull: () => Promise.reject(networkError()) }) },
    ],
    [
      'a stream of a factory',
      { method: 'PUT', body: bodyFactory(() => new ReadableStream({ pull: () => Promise.reject(networkError()) })) },
    ],
    ['a body factory that fails', { method: 'PUT', body: bodyFactory(() => Promise.reject(networkError())) }],
  ])('costs nothing: %s', async (_what, init) => {
    const budget = spied();
    const fetch: Fetch = async (input, given) => {
      await new Request(input, { duplex: 'half', ...given } as RequestInit).text();
      throw new Error('not reached');
    };

    await retry({ ...quick(), maxRetries: 0, budget })(fetch)(API, init).catch(() => {});

    expect(budget.record).not.toHaveBeenCalled();
  });

  it('differs from a `Request` that was sent and cannot be sent again: its failure counts', async () => {
    const budget = spied();
    const request = new Request(API, { method: 'POST', body: 'text' });
    const fetch: Fetch = async (input) => {
      await (input as Request).text();
      throw networkError();
    };

    await retry({ ...quick(), budget })(fetch)(request).catch(() => {});

    expect(budget.record.mock.calls.map(([, outcome]) => outcome)).toEqual(['failure']);
  });

  it.each([
    [200, ['success']],
    [503, []],
  ])('counts for this server, but not against it, where a redirect led to another: %i', async (status, counted) => {
    const budget = spied();
    const elsewhere = (url: string) =>
      Object.defineProperties(new Response(null, { status }), { redirected: { value: true }, url: { value: url } });

    await retry({ ...quick(), budget, maxRetries: 0 })(async () => elsewhere('https://cdn.test/'))(API);
    expect(budget.record.mock.calls.map(([, outcome]) => outcome)).toEqual(counted);
    budget.record.mockClear();
    await retry({ ...quick(), budget, maxRetries: 0 })(async () => elsewhere('https://api.test/other'))(API);
    expect(budget.record).toHaveBeenCalledTimes(1);
  });
});

describe('a response whose URL is no text', () => {
  it.each([undefined, new URL('https://cdn.test/')])('is handed on: %o', async (url) => {
    const response = { status: 503, redirected: true, url } as unknown as Response;

    const fetch = retry({ clock: instantClock() })(async () => response);

    expect(await fetch(API)).toBe(response);
  });
});

describe('a predicate', () => {
  it('counts as no if it returns a promise by mistake, which may reject', async () => {
    const { fetch, requests } = scripted(503);
    const idempotent = (() => Promise.reject(new Error('late'))) as never;

    await retry({ ...quick(), idempotent })(fetch)(API, { method: 'POST' });

    expect(requests).toHaveLength(1);
  });
});
