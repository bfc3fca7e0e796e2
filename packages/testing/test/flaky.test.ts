import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { instantClock, manualClock, type Reply, type Script } from '../src/index.ts';
import { flaky } from '../src/msw.ts';

const URL = 'https://api.test/things';
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const outcome = (call: Promise<Response>): Promise<number | string> => call.then((r) => r.status, String);

describe('flaky', () => {
  it('plays statuses, network errors and headers in order, the last reply repeating', async () => {
    const api = flaky(URL, [503, 'network-error', { status: 429, headers: { 'retry-after': '7' } }, 200]);
    server.use(api);

    expect(await outcome(fetch(URL))).toBe(503);
    expect(await outcome(fetch(URL))).toBe('TypeError: fetch failed');
    expect((await fetch(URL)).headers.get('retry-after')).toBe('7');
    expect(await outcome(fetch(URL))).toBe(200);
    expect(await outcome(fetch(URL))).toBe(200);
    expect(api.calls.map(({ status, fault }) => status ?? fault)).toEqual([503, 'network-error', 429, 200, 200]);
  });

  it('writes down method, address, headers, body and time', async () => {
    const clock = instantClock();
    const api = flaky(URL, [{ delay: 40, body: 'done' }], { clock });
    server.use(api);

    const response = await fetch(`${URL}?q=1`, { method: 'POST', body: 'hello', headers: { 'idempotency-key': 'k' } });

    expect(await response.text()).toBe('done');
    expect(api.requests).toBe(api.calls);
    expect(api.calls).toMatchObject([{ index: 0, method: 'POST', url: `${URL}?q=1`, body: 'hello', elapsed: 0 }]);
    expect(api.calls[0]!.headers.get('idempotency-key')).toBe('k');
    expect(clock.sleeps).toEqual([40]);
  });

  it('writes down all headers where a mock has replaced Headers, as msw 2 does', async () => {
    const api = flaky(URL, 200);
    server.use(api);
    const Real = Headers;
    /** A copy of another one has no fields. */
    class CopiesNothing extends Real {
      constructor(init?: HeadersInit) {
        super(init instanceof Real && !(init instanceof CopiesNothing) ? undefined : init);
      }
    }
    const request = new Request(URL, { headers: { 'idempotency-key': 'k' } });
    vi.stubGlobal('Headers', CopiesNothing);

    await fetch(request).finally(() => vi.unstubAllGlobals());

    expect(api.calls[0]!.headers.get('idempotency-key')).toBe('k');
  });

  it('answers only the methods of its option, and counts only those', async () => {
    const api = flaky(URL, 201, { method: ['POST', 'put'] });
    const query = flaky(URL, 202, { method: 'QUERY' });
    server.use(
      api,
      query,
      http.get(URL, () => new HttpResponse(null, { status: 204 })),
    );

    expect(await outcome(fetch(URL))).toBe(204);
    expect(await outcome(fetch(URL, { method: 'POST' }))).toBe(201);
    expect(await outcome(fetch(URL, { method: 'PUT' }))).toBe(201);
    expect(await outcome(fetch(URL, { method: 'QUERY' }))).toBe(202);
    expect(api.calls).toHaveLength(2);
  });

  it('answers 599 and says why when the script has no reply', async () => {
    const api = flaky(URL, [200], { repeat: 'none' });
    server.use(api);
    await fetch(URL);

    const response = await fetch(URL);

    expect(response.status).toBe(599);
    expect(await response.text()).toContain('call 2 came after the 1 replies were used up');
    expect(api.calls[1]).toMatchObject({ status: 599, problem: expect.any(Error) });
  });

  it.each<[Reply, string]>([
    [{ fault: 'reset-mid-body' }, 'flaky: msw cannot play the fault reset-mid-body: use fakeFetch or startServer'],
    [{ fault: 'reset-after-headers' }, 'flaky: msw cannot play the fault reset-after-headers'],
    [{ fault: 'truncate' }, 'flaky: msw cannot play the fault truncate'],
    [{ error: 'ECONNREFUSED' }, 'flaky: msw cannot give a network error the code ECONNREFUSED: use fakeFetch'],
  ])('refuses what msw cannot play: %j', async (reply, message) => {
    expect(() => flaky(URL, [200, reply])).toThrow(message);

    const api = flaky(URL, () => reply);
    server.use(api);
    expect(await outcome(fetch(URL))).toBe(599);
    expect(String(api.calls[0]!.problem)).toContain(message);
  });

  it('fails the call for a refused and for a reset connection', async () => {
    server.use(flaky(URL, [{ fault: 'refuse' }, { fault: 'reset' }]));

    expect(await outcome(fetch(URL))).toBe('TypeError: fetch failed');
    expect(await outcome(fetch(URL))).toBe('TypeError: fetch failed');
  });

  it('drips a body and closes without harm', async () => {
    const clock = instantClock();
    server.use(
      flaky(
        URL,
        [
          { fault: 'drip', body: 'slowly' },
          { fault: 'close', body: 'bye' },
        ],
        { clock },
      ),
    );

    expect(await (await fetch(URL)).text()).toBe('slowly');
    expect(await (await fetch(URL)).text()).toBe('bye');
    expect(clock.sleeps).toContain(10);
  });

  it.each<[string, Script]>([
    ['before the headers', { fault: 'stall-headers' }],
    ['in the body', { fault: 'stall-body' }],
    ['in a delay', { delay: 60_000 }],
  ])('stalls until the caller aborts, %s', async (_, script) => {
    const api = flaky(URL, script);
    server.use(api);
    const controller = new AbortController();
    const call = fetch(URL, { signal: controller.signal }).then((response) => response.text());
    const end = call.catch((error: unknown) => error);
    while (api.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));

    controller.abort('enough');

    expect(await end).toBe('enough');
  });

  it.each(['stall-body', 'drip'] as const)('ends a %s in its middle with the abort alone', async (fault) => {
    const clock = manualClock();
    server.use(flaky(URL, { fault }, { clock }));
    const uncaught = watchUncaught();
    const controller = new AbortController();
    const call = fetch(URL, { signal: controller.signal });
    while (clock.pending === 0 && fault === 'drip') await turns();
    await clock.advance(10);
    const reader = (await call).body!.getReader();
    await reader.read();
    const next = reader.read().catch((error: unknown) => error);

    setImmediate(() => controller.abort('enough'));

    expect(await next).toBe('enough');
    expect(await uncaught()).toEqual([]);
  });

  it('records no status for a request whose caller has gone', async () => {
    const clock = manualClock();
    const api = flaky(URL, { delay: 1_000 }, { clock });
    server.use(api);
    const controller = new AbortController();
    const call = fetch(URL, { signal: controller.signal }).catch((error: unknown) => error);
    while (clock.pending === 0) await turns();

    controller.abort('enough');

    expect(await call).toBe('enough');
    await turns();
    expect(api.calls).toMatchObject([{ status: undefined, problem: undefined }]);
  });

  it('ends a large body that is not read with the abort alone', async () => {
    server.use(flaky(URL, { body: 'x'.repeat(1_000_000) }));
    const uncaught = watchUncaught();
    const controller = new AbortController();
    const response = await fetch(URL, { signal: controller.signal });

    setImmediate(() => controller.abort('enough'));

    expect(await uncaught()).toEqual([]);
    await expect(response.text()).rejects.toBe('enough');
  });

  it('refuses options it does not know', () => {
    expect(() => flaky(URL, 200, { times: 3 } as never)).toThrow("flaky: unknown option 'times'");
    expect(() => flaky(5 as never, 200)).toThrow('flaky: url: expected a string, a pattern or a function, got 5');
    expect(() => flaky(URL, 200, { method: [3] as never })).toThrow('flaky: method: expected a name or names, got 3');
    expect(() => flaky(URL, 200, { clock: null as never })).toThrow('flaky: clock.now: expected a function');
  });
});

/** Gives the function that waits until a socket has closed, and tells what was thrown where nobody could catch it. */
function watchUncaught(): () => Promise<unknown[]> {
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  process.on('uncaughtExceptionMonitor', note);
  return async () => {
    await turns();
    process.off('uncaughtExceptionMonitor', note);
    return errors;
  };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
