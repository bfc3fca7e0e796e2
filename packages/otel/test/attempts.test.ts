import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { compose, defineMiddleware } from '@steadfetch/core';
import { otel, otelAttempts, resendCountHook } from '@steadfetch/otel';
import { retry } from '@steadfetch/retry';
import { fakeFetch, instantClock, manualClock, startServer } from '@steadfetch/testing';
import { timeout } from '@steadfetch/timeout';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSdk } from './sdk.ts';
import { attemptsIn, stack, URL } from './stack.ts';

describe('otelAttempts', () => {
  it('makes a CLIENT span for each attempt, with the number of resends', async () => {
    const sdk = startSdk();

    await stack()(fakeFetch([503, { error: 'ECONNRESET' }, 200]))('https://api.test/x?token=1');

    expect(attemptsIn(sdk)).toEqual([
      [503, undefined, true],
      ['ECONNRESET', 1, true],
      [200, 2, false],
    ]);
    expect(sdk.spans()[0]).toMatchObject({
      name: 'GET',
      attributes: {
        'http.request.method': 'GET',
        'url.full': 'https://api.test/x',
        'server.address': 'api.test',
        'server.port': 443,
        'error.type': '503',
      },
    });
    expect(JSON.stringify(sdk.spans().map(({ attributes }) => attributes))).not.toContain('token');
  });

  it('says that a status from 400 is an error', async () => {
    const sdk = startSdk();

    for (const status of [304, 400]) await stack()(fakeFetch([status]))('https://api.test/');

    expect(attemptsIn(sdk)).toEqual([
      [304, undefined, false],
      [400, undefined, true],
    ]);
  });

  it('names methods as the semantic conventions do, so that odd ones make no time series', async () => {
    const sdk = startSdk();
    const fetch = stack({ callSpan: true })(fakeFetch(200));

    for (const method of ['QUERY', 'pAtCh', 'MKCOL']) await fetch('https://api.test/', { method });

    const methods = sdk
      .spans()
      .map(({ name, attributes }) => [
        name,
        attributes['http.request.method'],
        attributes['http.request.method_original'],
      ]);
    expect(methods).toEqual([
      ['QUERY', 'QUERY', undefined],
      ['QUERY call', 'QUERY', undefined],
      ['PATCH', 'PATCH', 'pAtCh'],
      ['PATCH call', 'PATCH', 'pAtCh'],
      ['HTTP', '_OTHER', 'MKCOL'],
      ['HTTP call', '_OTHER', 'MKCOL'],
    ]);
    const points = await sdk.points('steadfetch.attempt.duration');
    expect(points.map(({ attributes }) => attributes['http.request.method'])).toEqual(['QUERY', 'PATCH', '_OTHER']);
  });

  it('sends the context with each attempt', async () => {
    const sdk = startSdk();
    const fetch = fakeFetch([503, 200]);

    await stack()(fetch)('https://api.test/');

    const sent = fetch.calls.map(({ headers }) => headers.get('x-span'));
    expect(sent).toEqual(sdk.spans().map((span) => span.spanContext().spanId));
  });

  it('sends no context to another origin than that of the page, which might not allow the header, unless it is told to', async () => {
    const sdk = startSdk();
    vi.stubGlobal('location', { origin: 'https://shop.test', href: 'https://shop.test/cart' });
    vi.stubGlobal('origin', 'https://shop.test');
    onTestFinished(() => void vi.unstubAllGlobals());
    const fetch = fakeFetch(200);
    const told = otelAttempts({ propagate: ({ url }) => url.startsWith('https://api.test/') });

    await otelAttempts()(fetch)('https://shop.test/own');
    await otelAttempts()(fetch)('https://api.test/other');
    await told(fetch)('https://api.test/told');

    expect(fetch.calls.map(({ headers }) => headers.has('x-span'))).toEqual([true, false, true]);
    expect(sdk.spans()).toHaveLength(3);
  });

  it.each([
    [
      'a worker of Deno, which has the address of its file',
      { location: { origin: 'null', href: 'file:///app/worker.ts' } },
    ],
    [
      'an app of Expo, which has that of a server',
      { location: { origin: 'https://shop.test', href: 'https://shop.test/' } },
    ],
    ['a worker of Cloudflare, which has an origin', { origin: 'null' }],
  ])('sends the context to all where there is no CORS: %s', async (_, globals) => {
    startSdk();
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    onTestFinished(() => void vi.unstubAllGlobals());
    const fetch = fakeFetch(200);

    await otelAttempts()(fetch)('https://api.test/');

    expect(fetch.calls[0]?.headers.has('x-span')).toBe(true);
  });

  it('sends no context from a frame in a sandbox, to which also the page is another origin', async () => {
    startSdk();
    vi.stubGlobal('location', { origin: 'https://shop.test', href: 'https://shop.test/frame' });
    vi.stubGlobal('origin', 'null');
    onTestFinished(() => void vi.unstubAllGlobals());
    const fetch = fakeFetch(200);

    await otelAttempts()(fetch)('https://shop.test/own');

    expect(fetch.calls[0]?.headers.has('x-span')).toBe(false);
  });

  it.each([
    ['a cancellation by the caller is none', true, false],
    ['a timeout is one', false, true],
    ['an abort by a time limit around the stack, as that of ky, is one', true, true, 0],
  ])('says which end is an error: %s', async (_, abort, isError, left = 500) => {
    const sdk = startSdk();
    const controller = new AbortController();
    const clock = manualClock();
    const fetch = compose(
      defineMiddleware((call, next) => next(call.with({ remaining: () => left }))),
      timeout(1_000, { clock }),
      otelAttempts(),
    )(
      (_, init) =>
        new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal!.reason))),
    );

    const call = fetch('https://api.test/', { signal: controller.signal }).catch(() => {});
    if (abort) controller.abort();
    else await clock.advance(1_000);
    await call;

    expect(sdk.spans().map(({ status }) => status.code === SpanStatusCode.ERROR)).toEqual([isError]);
  });

  it('leaves the response, the error and an odd origin as they are', async () => {
    startSdk();
    const response = new Response('a');
    const error = new Error('b');

    expect(await otelAttempts()(async () => response)('app:main')).toBe(response);
    await expect(otelAttempts()(() => Promise.reject(error))(URL)).rejects.toBe(error);
  });
});

describe('beside the instrumentation of undici', () => {
  it('makes its own spans and lets no other be made', async () => {
    const sdk = startSdk({});
    await using server = await startServer([503, 200]);

    await (await stack()(fetch)(server.url)).text();

    expect(attemptsIn(sdk)).toEqual([
      [503, undefined, true],
      [200, 1, false],
    ]);
    expect(server.requests.map(({ headers }) => headers.get('x-span'))).toEqual(
      sdk.spans().map((span) => span.spanContext().spanId),
    );
  });

  it('leaves the spans to it, and sets the number of resends', async () => {
    const sdk = startSdk({ requestHook: resendCountHook });
    await using server = await startServer([503, 200]);
    const attempts = otelAttempts({ spans: 'instrumentation' });
    const steady = compose(otel({ callSpan: true }), retry({ clock: instantClock(), budget: false }), attempts)(fetch);

    await (await steady(server.url)).text();

    const [first, second, call] = sdk.spans();
    expect(attemptsIn(sdk)).toEqual([
      [503, undefined, true],
      [200, 1, false],
    ]);
    expect(call).toMatchObject({ kind: SpanKind.INTERNAL, name: 'GET call' });
    for (const span of [first, second]) expect(span!.parentSpanContext?.spanId).toBe(call!.spanContext().spanId);
  });
});
