import { setupWorker } from 'msw/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fakeFetch, middlewareContract, simulate, startServer } from '../src/index.ts';
import { flaky } from '../src/msw.ts';

const URL = 'https://api.test/things';
const worker = setupWorker();
beforeAll(() => worker.start({ onUnhandledFrame: 'bypass', quiet: true }));
afterEach(() => worker.resetHandlers());
afterAll(() => void worker.stop());

const outcome = (call: Promise<Response>): Promise<number | string> =>
  call.then(
    (r) => r.status,
    (e) => e.name,
  );

describe('flaky in a browser', () => {
  it('plays its script and writes down the calls', async () => {
    const api = flaky(URL, [503, 'network-error', { status: 429, headers: { 'retry-after': '7' } }, { body: 'fine' }]);
    worker.use(api);

    expect(await outcome(fetch(URL))).toBe(503);
    expect(await outcome(fetch(URL))).toBe('TypeError');
    expect((await fetch(URL)).headers.get('retry-after')).toBe('7');
    const init = { method: 'POST', body: 'hello', headers: { 'x-a': '1' } };
    expect(await (await fetch(`${URL}#fragment`, init)).text()).toBe('fine');
    expect(api.calls.map(({ status, fault }) => status ?? fault)).toEqual([503, 'network-error', 429, 200]);
    expect(api.calls[3]).toMatchObject({ method: 'POST', body: 'hello', url: URL });
    expect(api.calls[3]!.headers.get('x-a')).toBe('1');
  });

  it('stalls until the caller aborts', async () => {
    const api = flaky(URL, { fault: 'stall-headers' });
    worker.use(api);
    const controller = new AbortController();
    const end = fetch(URL, { signal: controller.signal }).catch((error: unknown) => error);
    while (api.calls.length === 0) await new Promise((resolve) => setTimeout(resolve));

    controller.abort('enough');

    expect(await end).toBe('enough');
  });
});

describe('the rest in a browser', () => {
  it('needs no server for a fake fetch', async () => {
    const fetch = fakeFetch(['network-error', { body: 'fine' }]);

    expect(await outcome(fetch(URL))).toBe('TypeError');
    expect(await (await fetch(URL)).text()).toBe('fine');
  });

  it('tries a stack in virtual time', async () => {
    const report = await simulate({
      client: (fetch) => fetch,
      arrivals: 10,
      service: { capacity: 50, outage: { from: 3_000, to: 5_000 } },
      seconds: 10,
    });

    expect(report).toMatchObject({ calls: 100, ok: 80, bad: 20, sentPerCallDown: 1, healthyAfter: 0 });
  });

  it('says that the loopback server needs Node', async () => {
    await expect(startServer(200)).rejects.toThrow('startServer: needs node:http');
  });
});

middlewareContract(() => (next) => async (input, init) => next(input, init), { runner: { describe, it } });
