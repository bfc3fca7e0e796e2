import { propagation, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { circuitBreaker, consecutive } from '@steadfetch/circuit-breaker';
import { concurrency } from '@steadfetch/concurrency';
import { compose, defineMiddleware, observe } from '@steadfetch/core';
import { METRICS, otel, otelAttempts, resendCountHook } from '@steadfetch/otel';
import { rateLimit } from '@steadfetch/rate-limit';
import { retry } from '@steadfetch/retry';
import { retryBudget } from '@steadfetch/retry-budget';
import { fakeFetch, instantClock, manualClock, startServer } from '@steadfetch/testing';
import { timeout } from '@steadfetch/timeout';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { callInLoop } from '../../core/test/support/loop.ts';
import { type Sdk, startSdk } from './sdk.ts';

const URL = 'https://user:secret@api.test/x?token=1';
const RESENDS = 'http.request.resend_count';

/** Of each span: what a test of attempts looks at. */
const attemptsIn = ({ spans }: Sdk) =>
  spans()
    .filter(({ kind }) => kind === SpanKind.CLIENT)
    .map(({ attributes, status }) => [
      attributes['http.response.status_code'] ?? attributes['error.type'],
      attributes[RESENDS],
      status.code === SpanStatusCode.ERROR,
    ]);

const stack = (options = {}) =>
  compose(otel(options), retry({ clock: instantClock(), budget: false, maxRetries: 3 }), otelAttempts());

describe('otelAttempts', () => {
  it('makes a CLIENT span for each attempt, with the number of resends', async () => {
    const sdk = startSdk();

    await stack()(fakeFetch([503, { error: 'ECONNRESET' }, 200]))('https://api.test/x?token=1');

    expect(attemptsIn(sdk)).toEqual([
      [503, undefined, true],
      ['TypeError', 1, true],
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
  ])('says which end is an error: %s', async (_, abort, isError) => {
    const sdk = startSdk();
    const controller = new AbortController();
    const clock = manualClock();
    const fetch = compose(
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

describe('the span of a call', () => {
  it('surrounds its attempts and has what happened as span events', async () => {
    const sdk = startSdk();

    await stack({ callSpan: true })(fakeFetch([503, 200]))('https://api.test/', {
      headers: { 'idempotency-key': '"k"' },
    });

    const call = sdk.spans().at(-1)!;
    expect(call).toMatchObject({
      kind: SpanKind.INTERNAL,
      attributes: { 'http.request.method': 'GET', 'steadfetch.attempts': 2, 'http.response.status_code': 200 },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(call.events.map(({ name }) => name)).toEqual(['steadfetch.wait', 'steadfetch.recover']);
    expect(call.events[0]!.attributes).toMatchObject({ source: 'backoff', reason: 'status', cause: '503' });
    expect(
      sdk
        .spans()
        .slice(0, 2)
        .map((span) => span.parentSpanContext?.spanId),
    ).toEqual([call.spanContext().spanId, call.spanContext().spanId]);
  });

  it('does not show a text that is thrown in place of an error, nor a name that is none', async () => {
    const sdk = startSdk();
    let sends = 0;
    const thrown = async () => (sends++ === 0 ? new Response(null, { status: 503 }) : Promise.reject('a secret'));
    await expect(stack({ callSpan: true })(thrown)(URL)).rejects.toBe('a secret');
    const odd = Object.assign(new Error('odd'), { name: 'a secret' });
    await expect(stack({ callSpan: true })(() => Promise.reject(odd))(URL)).rejects.toBe(odd);

    const said = JSON.stringify(sdk.spans().map(({ attributes, events }) => [attributes, events]));
    expect(said).toContain('steadfetch.give-up');
    expect(said).not.toContain('a secret');
  });

  it('counts the requests of a call once where a foreign wrapper stands between', async () => {
    const sdk = startSdk();
    const inner = compose(otelAttempts())(fakeFetch([503, 200]));
    const outer = compose(otel({ callSpan: true }), retry({ clock: instantClock(), budget: false }));
    await outer((input, init) => inner(input, init))('https://api.test/');

    expect(attemptsIn(sdk)).toEqual([
      [503, undefined, true],
      [200, 1, false],
    ]);
    expect(sdk.spans().at(-1)!.attributes).toMatchObject({ 'steadfetch.attempts': 2 });
  });

  it('counts the attempt that a limit for the whole call ends', async () => {
    const sdk = startSdk();
    const clock = manualClock();
    const hangs = () => new Promise<Response>(() => {});
    const call = compose(otel({ callSpan: true }), timeout(1_000, { clock }))(hangs)(URL).catch(() => {});
    await clock.advance(1_000);
    await call;

    expect(sdk.spans()[0]!.attributes).toMatchObject({ 'steadfetch.attempts': 1, 'error.type': 'TimeoutError' });
  });

  it('counts the attempt that a call leaves under way', async () => {
    const sdk = startSdk();
    const racing = defineMiddleware((call, next) => Promise.race([next(call), Promise.reject(new Error('late'))]));
    const call = compose(otel({ callSpan: true }), racing)(() => new Promise<never>(() => {}))(URL);
    await expect(call).rejects.toThrow('late');

    expect(sdk.spans()[0]!.attributes).toMatchObject({ 'steadfetch.attempts': 1 });
  });

  it('is no error where the caller cancels the call', async () => {
    const sdk = startSdk();
    const hangs = (_: unknown, init?: RequestInit) =>
      new Promise<never>((_, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));
    const controller = new AbortController();
    const call = compose(otel({ callSpan: true }), otelAttempts())(hangs)(URL, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toThrow('aborted');

    expect(sdk.spans().map(({ status }) => status.code)).toEqual([SpanStatusCode.UNSET, SpanStatusCode.UNSET]);
    expect(sdk.spans().map(({ attributes }) => attributes['error.type'])).toEqual([undefined, undefined]);
  });

  it('is an error where the call ends in one', async () => {
    const sdk = startSdk();

    await expect(compose(otel({ callSpan: true }))(() => Promise.reject('no error'))(URL)).rejects.toBe('no error');

    expect(sdk.spans()[0]).toMatchObject({
      attributes: { 'error.type': '_OTHER' },
      status: { code: SpanStatusCode.ERROR },
    });
  });

  it('hides the loop of ky from no observer inside of it, such as one that logs retries', async () => {
    const heard: string[] = [];
    const below = compose(
      otel({ callSpan: true }),
      observe(({ type }) => heard.push(type)),
    )(fakeFetch([200]));

    await callInLoop(below);

    expect(heard).toEqual(['start', 'end']);
  });

  it('is not made unless it is asked for', async () => {
    const sdk = startSdk();

    await compose(otel())(fakeFetch([200]))('https://api.test/');

    expect(sdk.spans()).toEqual([]);
  });
});

describe('the metrics', () => {
  const server = { 'server.address': 'api.test', 'server.port': 443 };

  it('count attempts by status, retries by reason and outcome, and give-ups by reason', async () => {
    const sdk = startSdk();
    const fetch = stack()(fakeFetch([503, 200, { error: 'ECONNRESET' }, 503, 503, 503, 200]));

    for (let call = 0; call < 3; call++) await fetch('https://api.test/');

    const attempts = await sdk.points(METRICS.attempt.name);
    expect(
      attempts.map(({ attributes, value }) => [
        attributes['http.response.status_code'] ?? attributes['error.type'],
        value,
      ]),
    ).toEqual([
      [503, 4],
      [200, 2],
      ['TypeError', 1],
    ]);
    expect(await sdk.points(METRICS.retries.name)).toEqual([
      { attributes: { ...server, reason: 'status', outcome: 'recovered' }, value: 1 },
      { attributes: { ...server, reason: 'network', outcome: 'failed' }, value: 1 },
      { attributes: { ...server, reason: 'status', outcome: 'failed' }, value: 2 },
    ]);
    expect(await sdk.points(METRICS.giveUps.name)).toEqual([{ attributes: { ...server, reason: 'limit' }, value: 1 }]);
  });

  it('count a retry that is announced and not sent', async () => {
    const sdk = startSdk();
    const clock = instantClock();
    const breaker = circuitBreaker({ rule: consecutive(1), clock });
    const budget = retryBudget({ clock });

    await compose(
      otel({ circuitBreaker: breaker, budget }),
      retry({ clock, budget, delay: () => 1 }),
      breaker,
    )(fakeFetch([503]))('https://api.test/').catch(() => {});

    expect(await sdk.points(METRICS.retries.name)).toMatchObject([{ attributes: { outcome: 'not-sent' }, value: 1 }]);
    expect(await sdk.points(METRICS.circuit.name)).toMatchObject([
      { attributes: { action: 'opened' }, value: 1 },
      { attributes: { action: 'refused' }, value: 1 },
    ]);
    expect(await sdk.points(METRICS.circuitState.name)).toEqual([
      { attributes: { key: 'https://api.test' }, value: 2 },
    ]);
    expect(await sdk.points(METRICS.budget.name)).toMatchObject([{ attributes: { key: 'https://api.test' } }]);
  });

  it('measure waits at the gate and in the queue, and read the pace', async () => {
    const sdk = startSdk();
    const clock = instantClock();
    const limiter = rateLimit({ clock, limit: { requests: 1, per: 1_000 } });
    const fetch = compose(otel({ rateLimit: limiter }), concurrency(1), limiter)(fakeFetch([200]));

    await Promise.all([fetch('https://api.test/'), fetch('https://api.test/')]);

    expect(await sdk.points(METRICS.gateWait.name)).toMatchObject([{ attributes: server, value: 1 }]);
    expect(await sdk.points(METRICS.queueWait.name)).toMatchObject([{ attributes: server, value: 1 }]);
    expect(await sdk.points(METRICS.pace.name)).toEqual([]);
  });

  it('read the pace of each gate that has one', async () => {
    const sdk = startSdk();

    otel({
      rateLimit: {
        snapshot: () => [
          { key: 'a', rate: 5 },
          { key: 'b', rate: undefined },
        ],
      },
    });

    expect(await sdk.points(METRICS.pace.name)).toEqual([{ attributes: { key: 'a' }, value: 5 }]);
  });

  it('and the spans of 1,000 mixed calls are what the server counted', async () => {
    const sdk = startSdk({});
    const script = (_: unknown, index: number) => [200, 503, 200, 429, 500, 200, 404][(index * 2_654_435_761) % 7]!;
    await using origin = await startServer(script);
    const clock = instantClock();
    const steady = compose(
      otel(),
      retry({ clock, budget: false, maxRetries: 4 }),
      concurrency(20),
      otelAttempts(),
    )(fetch);

    const calls = Array.from({ length: 1_000 }, async (_, n) => discard(await steady(`${origin.url}${n}`)));
    await Promise.all(calls);

    const statuses = tally(origin.requests.map(({ status }) => status!));
    const points = await sdk.points(METRICS.attempt.name);
    const spans = sdk.spans();
    expect(spans).toHaveLength(origin.requests.length);
    expect(tally(spans.map(({ attributes }) => attributes['http.response.status_code'] as number))).toEqual(statuses);
    expect(
      Object.fromEntries(points.map(({ attributes, value }) => [attributes['http.response.status_code'], value])),
    ).toEqual(statuses);
    expect(spans.filter(({ attributes }) => attributes[RESENDS] !== undefined)).toHaveLength(
      origin.requests.length - 1_000,
    );
    // of each path: the first has no count, the others count from 1
    const seen = new Map<string, number>();
    for (const { attributes } of spans) {
      const path = attributes['url.full'] as string;
      expect(attributes[RESENDS]).toBe(seen.get(path));
      seen.set(path, (seen.get(path) ?? 0) + 1);
    }
  });
});

const discard = (response: Response) => response.arrayBuffer();

function tally(statuses: number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('what cannot be told', () => {
  const thrower = (): never => {
    throw new Error('of the tracer');
  };
  const layers = (tracer: Tracer) => compose(otel({ tracer, callSpan: true }), otelAttempts({ tracer }));
  const broken = Object.fromEntries(
    ['setAttribute', 'setAttributes', 'setStatus', 'addEvent', 'end'].map((name) => [name, thrower]),
  );
  const unreadable = {
    get status(): never {
      throw new Error('no status');
    },
  };
  const unnamed = Object.defineProperty(new Error('odd'), 'name', { get: thrower });
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable(new Error('odd'), {});
    revoke();
    return proxy;
  };

  it.each<[name: string, tracer: Tracer]>([
    ['begins no span', { startSpan: thrower } as unknown as Tracer],
    ['takes nothing', { startSpan: () => broken } as unknown as Tracer],
  ])('changes no call where a tracer %s', async (_, tracer) => {
    const steady = layers(tracer);
    const mine = new Error('mine');

    expect((await steady(fakeFetch(503))('https://api.test/')).status).toBe(503);
    await expect(steady(() => Promise.reject(mine))('https://api.test/')).rejects.toBe(mine);
  });

  it.each([undefined, null, {}, unreadable])('changes no answer, and ends its spans: %#', async (answer) => {
    const sdk = startSdk();

    const steady = compose(otel({ callSpan: true }), otelAttempts())(async () => answer as never);

    // what observers read of an answer is not of this package
    if (answer !== unreadable) expect(await steady('https://api.test/')).toBe(answer);
    expect(await otelAttempts()(async () => answer as never)('https://api.test/')).toBe(answer);
    expect(sdk.spans()).toHaveLength(answer === unreadable ? 1 : 3);
  });

  it.each([() => undefined, () => 'text', () => unnamed, revoked])(
    'changes no error, and ends its spans: %#',
    async (make) => {
      const sdk = startSdk();
      const error: unknown = make();
      const steady = compose(otel({ callSpan: true }), otelAttempts())(() => Promise.reject(error));

      const thrown = await steady('https://api.test/').catch((thrown: unknown) => ({ thrown }));

      expect(Object.is((thrown as { thrown: unknown }).thrown, error)).toBe(true);
      expect(sdk.spans()).toHaveLength(2);
    },
  );

  it('sends the attempt where the propagator throws, and begins no span for headers that are invalid', async () => {
    const sdk = startSdk();
    propagation.disable();
    propagation.setGlobalPropagator({ inject: thrower, extract: (active) => active, fields: () => [] });
    const steady = otelAttempts()(fakeFetch(200));

    expect((await steady('https://api.test/')).status).toBe(200);
    await expect(steady('https://api.test/', { headers: { 'no name': '' } })).rejects.toThrow(TypeError);
    expect(sdk.spans()).toHaveLength(1);
  });
});

describe('options', () => {
  it.each([
    [() => otel({ meter: {} as never }), 'otel: meter.createHistogram: expected a function, got undefined'],
    [() => otel({ tracer: {} as never }), 'otel: tracer.startSpan: expected a function, got undefined'],
    [() => otelAttempts({ tracer: {} as never }), 'otelAttempts: tracer.startSpan: expected a function, got undefined'],
    [
      () => otel({ circuitBreaker: {} as never }),
      'otel: circuitBreaker.breaker.snapshot: expected a function, got undefined of circuitBreaker.breaker undefined',
    ],
    [() => otel({ callSpan: 1 as never }), 'otel: callSpan: expected true or false, got 1'],
    [
      () => otelAttempts({ spans: 'both' as never }),
      'otelAttempts: spans: expected one of own, instrumentation, got "both"',
    ],
  ])('are refused by name: %#', (make, message) => {
    expect(make).toThrow(new TypeError(message));
  });
});
