import { circuitBreaker, consecutive, countWindow } from '@steadfetch/circuit-breaker';
import { bodyFactory, compose, defineMiddleware } from '@steadfetch/core';
import { describe, expect, it, vi } from 'vitest';
import { setup, stubOf, URL } from './support/guarded-fetch.ts';

const fail = (error: Error): never => {
  throw error;
};
const named = (name: string) => Object.assign(new Error(name), { name });

describe('what counts', () => {
  const timeout = named('TimeoutError');
  const refused = Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
  });

  const untrusted = new TypeError('fetch failed', {
    cause: Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' }),
  });

  const unnamed = new Proxy(new Error('odd'), {
    get(target, member) {
      if (member === 'name' || member === 'code') throw new Error('from a getter');
      return Reflect.get(target, member);
    },
  });

  it('throws an error that cannot be read, and counts it', async () => {
    const { outcomeOf, state } = setup({}, unnamed);

    expect(await outcomeOf()).toBe(unnamed);
    expect(await outcomeOf()).toBe(unnamed);
    expect(state()).toBe('open');
  });

  const oneOfTwo = new TypeError('fetch failed', {
    cause: new AggregateError(['ENETUNREACH', 'ETIMEDOUT'].map((code) => Object.assign(new Error(code), { code }))),
  });

  it.each([500, 503, 599, refused, untrusted, oneOfTwo, timeout, named('AbortError'), new Error('unknown')])(
    'counts %s as a failure',
    async (reply) => {
      const { outcomeOf, state } = setup({}, reply);

      await outcomeOf();
      await outcomeOf();

      expect(state()).toBe('open');
    },
  );

  it.each([200, 204, 304, 400, 401, 404, 408, 499])('counts %s as a success', async (reply) => {
    const { clock, outcomeOf, state } = setup({}, 500, 500, reply);
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);

    await outcomeOf();

    expect(state()).toBe('closed');
  });

  const coded = (...codes: string[]) => {
    const errors = codes.map((code) => Object.assign(new Error(code), { code }));
    const cause = errors.length === 1 ? errors[0] : Object.assign(new AggregateError(errors), { code: codes[0] });
    return new TypeError('fetch failed', { cause });
  };

  const neutral = [
    429,
    ...(['circuit-open', 'rate-limited', 'queue-full'] as const).map((reason) =>
      Object.assign(named('Refused'), { local: true, reason }),
    ),
    new TypeError('Failed to parse URL'),
    new TypeError('fetch failed', { cause: new Error('bad port') }),
    new TypeError('fetch failed', { cause: new Error('unexpected redirect') }),
    new TypeError('fetch failed', { cause: new Error('integrity mismatch') }),
    new RangeError('a bug'),
    ...[
      'ENOTFOUND',
      'EAI_AGAIN',
      'EAI_NODATA',
      'ESERVFAIL',
      'ENETUNREACH',
      'ENETDOWN',
      'EADDRNOTAVAIL',
      'EADDRINUSE',
      'EMFILE',
      'ENFILE',
      'ENOBUFS',
      'EAGAIN',
      'UND_ERR_INVALID_ARG',
      'UND_ERR_NOT_SUPPORTED',
      'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
    ].map((code) => coded(code)),
    coded('ENETUNREACH', 'EADDRNOTAVAIL'),
    Object.assign(named('ApiError'), { code: 'API_UNREACHABLE', cause: coded('ENOTFOUND') }),
    new TypeError('The Internet connection appears to be offline.'),
    new TypeError('A server with the specified hostname could not be found.'),
    new TypeError('error sending request for url (x): client error (Connect): dns error: failed to lookup'),
    new Error('net::ERR_INTERNET_DISCONNECTED'),
  ];

  it.each(neutral)('ignores %s, open or closed', async (reply) => {
    const { clock, outcomeOf, state } = setup({}, 500, reply, reply, 500, reply, 200);
    for (let n = 0; n < 4; n++) await outcomeOf();
    expect(state()).toBe('open');
    clock.advance(1_000);

    await outcomeOf();

    expect(state()).toBe('half-open');
    await outcomeOf();
    expect(state()).toBe('closed');
  });

  it('ignores any error after the caller has aborted', async () => {
    const controller = new AbortController();
    const middleware = circuitBreaker({ rule: consecutive(1), isFailure: () => true });
    const fetch = middleware(async () => {
      controller.abort();
      throw new TypeError('fetch failed');
    });

    await expect(fetch(URL, { signal: controller.signal })).rejects.toThrow('fetch failed');

    expect(middleware.breaker.snapshot('https://api.test').state).toBe('closed');
  });

  it.each([
    [true, 'open'],
    [false, 'closed'],
    ['neutral', 'half-open'],
    [undefined, 'open'],
  ] as const)('leaves the verdict to isFailure: %s of a failed probe leads to %s', async (answer, expected) => {
    let asked = false;
    const { clock, outcomeOf, state } = setup({ isFailure: () => (asked ? answer : undefined) }, 500);
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);
    asked = true;

    await outcomeOf();

    expect(state()).toBe(expected);
  });

  it('shows isFailure the outcome and the call', async () => {
    const seen: unknown[] = [];
    const { outcomeOf } = setup(
      { isFailure: ({ response, failed }, call) => void seen.push(response?.status, failed, call.url) },
      404,
    );

    await outcomeOf();

    expect(seen).toEqual([404, false, URL]);
  });

  it.each([
    ['throws', () => fail(new Error('predicate')), 'it threw, so the outcome counts as neutral'],
    [
      'gives a promise',
      (async () => fail(new Error('late'))) as never,
      "expected true, false, 'neutral' or undefined, got [object Promise]",
    ],
  ])('keeps the outcome where isFailure %s, counts it neither way and says so', async (_, isFailure, message) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { outcomeOf, state } = setup({ isFailure }, 500);

    expect([await outcomeOf(), await outcomeOf(), await outcomeOf()]).toEqual([500, 500, 500]);

    expect(state()).toBe('closed');
    expect(warn.mock.calls).toEqual([[`steadfetch: circuitBreaker: isFailure: ${message}`]]);
    warn.mockRestore();
  });

  it('keeps the outcome if its rule throws', async () => {
    const rule = { start: () => ({ record: () => fail(new Error('rule')) }) };
    const { outcomeOf } = setup({ rule }, 503);

    expect([await outcomeOf(), await outcomeOf()]).toEqual([503, 503]);
  });

  it('ignores an error while the machine is offline', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    const { outcomeOf, state } = setup({}, new TypeError('Failed to fetch'));

    await outcomeOf();
    await outcomeOf();

    expect(state()).toBe('closed');
    vi.unstubAllGlobals();
  });

  it.each([
    ['https://cdn.test/file', true, 'closed'],
    ['https://api.test/other', true, 'open'],
    ['http://api.test/other', true, 'open'],
    ['https://behind-a-proxy.test/', false, 'open'],
    ['https://cdn.test/file', undefined, 'closed'],
    ['https://api.test/other', undefined, 'open'],
    [`https://behind-a-base.test${URL.slice('https://api.test'.length)}`, undefined, 'open'],
  ])('takes %s, redirected %s, for an answer of the server or not', async (url, redirected, expected) => {
    const middleware = circuitBreaker({ rule: consecutive(2) });
    const fetch = middleware(async () =>
      Object.defineProperties(new Response(null, { status: 503 }), {
        url: { value: url },
        ...(redirected !== undefined && { redirected: { value: redirected } }),
      }),
    );

    await fetch(URL);
    await fetch(URL);

    expect(middleware.breaker.snapshot('https://api.test').state).toBe(expected);
  });

  const elsewhere = (status: number) =>
    Object.defineProperties(new Response(null, { status }), {
      url: { value: 'https://cdn.test/file' },
      redirected: { value: true },
    });
  const file = elsewhere(200);

  it.each([
    [200, 'closed'],
    [404, 'half-open'],
  ])(
    'closes again by a good answer of another server, to which this one has redirected: %i',
    async (status, expected) => {
      const { clock, middleware, outcomeOf, state } = setup({}, 503);
      await outcomeOf();
      await outcomeOf();
      await clock.sleep(1_000);

      await middleware(async () => elsewhere(status))(URL);

      expect(state()).toBe(expected);
    },
  );

  it('treats no call as slow if a redirect led to another server', async () => {
    const { clock, middleware, state } = setup({ rule: countWindow({ size: 2, slowerThan: 100 }) });
    const slowFetch = middleware(async () => {
      await clock.sleep(1_000);
      return file;
    });

    await slowFetch(URL);
    await slowFetch(URL);
    expect(state()).toBe('closed');

    await middleware(stubOf(503).stub)(URL);
    expect(state()).toBe('open');
    await clock.sleep(1_000);
    await slowFetch(URL);
    expect(state()).toBe('closed');
  });

  it('counts the answers to a relative URL, even if an inner fetch adds a base and the API redirects, e.g. to add a slash', async () => {
    const middleware = circuitBreaker({ rule: consecutive(2) });
    const url = { value: 'https://api.test/users/' };
    const fetch = middleware(async () =>
      Object.defineProperties(new Response(null, { status: 503 }), { url, redirected: { value: true } }),
    );

    await fetch('/users');
    await fetch('/users');

    expect(middleware.breaker.snapshot('/').state).toBe('open');
  });

  it('ignores a call that was not sent', async () => {
    const middleware = circuitBreaker({ rule: consecutive(1) });
    const queue = defineMiddleware(() => Promise.reject(timeout));

    await expect(compose(middleware, queue)(stubOf(200).stub)(URL)).rejects.toBe(timeout);

    expect(middleware.breaker.snapshot('https://api.test').state).toBe('closed');
  });

  it.each([timeout, named('AbortError')])('ignores %s while one of our layers makes the call wait', async (error) => {
    const middleware = circuitBreaker({ rule: consecutive(1) });
    const resending = defineMiddleware(async (call, next) => {
      await next(call);
      call.record.waitingFor = 'its turn';
      throw error;
    });

    await expect(compose(middleware, resending)(stubOf(429).stub)(URL)).rejects.toBe(error);

    expect(middleware.breaker.snapshot('https://api.test').state).toBe('closed');
  });

  const dripping = () => new ReadableStream();
  const form = new FormData();
  form.append('file', new Blob(['x']));
  it.each<[string, RequestInit | Request, neutral: string]>([
    ['a stream', { method: 'PUT', body: dripping(), duplex: 'half' } as RequestInit, 'both'],
    ['a factory', { method: 'PUT', body: bodyFactory(() => 'x') }, 'both'],
    ['a file', { method: 'PUT', body: new Blob(['x']) }, 'error'],
    ['a form', { method: 'PUT', body: form }, 'error'],
    ['a Request with a body', new Request(URL, { method: 'PUT', body: 'x' }), 'error'],
    ['a text', { method: 'PUT', body: 'x' }, 'none'],
    ['bytes', { method: 'PUT', body: new Uint8Array(1) }, 'none'],
    ['parameters', { method: 'PUT', body: new URLSearchParams('a=b') }, 'none'],
    ['a Request without one', new Request(URL), 'none'],
  ])(
    'blames the server for a failure with %s as body only where it is not the body that failed',
    async (_, given, neutral) => {
      const opens = async (error: Error) => {
        const middleware = circuitBreaker({ rule: consecutive(1) });
        const fetch = middleware(() => Promise.reject(error));
        const call = given instanceof Request ? fetch(given) : fetch(URL, given);
        await call.catch(() => {});
        return middleware.breaker.snapshot('https://api.test').state === 'open';
      };
      const reset = Object.assign(new TypeError('fetch failed'), {
        cause: Object.assign(new Error(), { code: 'ECONNRESET' }),
      });

      expect([await opens(reset), await opens(timeout)]).toEqual([neutral === 'none', neutral !== 'both']);
    },
  );
});
