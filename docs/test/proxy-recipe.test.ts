import { type FakeFetch, fakeFetch, type Script } from '@steadfetch/testing';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

type Forward = (request: Request) => Promise<Response>;

/** The proxy of the page, in front of a server that answers so. */
async function proxyOf(script: Script): Promise<{ forward: Forward; origin: FakeFetch }> {
  const origin = fakeFetch(script);
  const { forward } = await importSnippet<{ forward: Forward }>(
    'recipes-server.md',
    'function forward(',
    vi.fn(origin),
  );
  return { forward, origin };
}

const call = (init?: RequestInit) => new Request('https://proxy.test/', init);

it('asks the origin for what its client asks', async () => {
  const { forward, origin } = await proxyOf(200);

  await forward(new Request('https://proxy.test/reports/1?year=2025', { method: 'PUT', body: 'new' }));

  const [sent] = origin.requests;
  expect([sent?.method, sent?.url, sent?.body]).toEqual([
    'PUT',
    'https://origin.example.com/reports/1?year=2025',
    'new',
  ]);
});

it('answers how long to wait where the origin says so', async () => {
  const { forward } = await proxyOf([{ status: 503, headers: { 'retry-after': '20' } }, 200]);

  const { status, headers } = await forward(call());

  expect([status, headers.get('retry-after'), headers.get('x-should-retry')]).toEqual([503, '20', null]);
});

it('answers that its client must not repeat what it has repeated in vain', async () => {
  const { forward } = await proxyOf(503);
  const answer = forward(call());
  await vi.advanceTimersByTimeAsync(1_000);

  expect((await answer).headers.get('x-should-retry')).toBe('false');
});

it('waits for a slow answer', async () => {
  const { forward, origin } = await proxyOf([{ delay: 20_000, status: 200 }]);
  const answers = Promise.all([forward(call()), forward(call({ method: 'POST', body: 'a photo' }))]);
  await vi.advanceTimersByTimeAsync(20_000);

  expect((await answers).map(({ status }) => status)).toEqual([200, 200]);
  expect(origin.requests).toHaveLength(2);
});

it('hands on what its client says, but not what it says for its own connection', async () => {
  const { forward, origin } = await proxyOf(200);
  const ofTheConnection = {
    'accept-encoding': 'zstd',
    connection: 'Upgrade, HTTP2-Settings',
    expect: '100-continue',
    'keep-alive': 'timeout=5',
    'transfer-encoding': 'chunked',
    upgrade: 'h2c',
  };

  await forward(call({ method: 'PUT', headers: { ...ofTheConnection, authorization: 'Bearer one' }, body: 'a part' }));

  const { headers, body } = origin.requests[0]!;
  expect([headers.get('authorization'), body]).toEqual(['Bearer one', 'a part']);
  for (const name of Object.keys(ofTheConnection)) expect(headers.has(name), name).toBe(false);
});

it('answers nothing that the origin says of its own connection: a server of HTTP/2 in Node refuses it', async () => {
  const ofTheConnection = { connection: 'Upgrade, close', 'keep-alive': 'timeout=5', upgrade: 'h2' };
  const { forward } = await proxyOf([{ status: 200, headers: { ...ofTheConnection, etag: '"1"' } }]);

  const { headers } = await forward(call());

  expect(headers.get('etag')).toBe('"1"');
  for (const name of Object.keys(ofTheConnection)) expect(headers.has(name), name).toBe(false);
});

it('leaves a redirect to its client, since fetch follows none where the body is a stream', async () => {
  const { forward, origin } = await proxyOf([
    { status: 302, headers: { location: '/home', 'set-cookie': 'session=1' } },
  ]);
  const sent = vi.mocked(fetch);

  const { status, headers } = await forward(call({ method: 'POST', body: 'name=one' }));

  expect([status, headers.get('location'), headers.get('set-cookie')]).toEqual([302, '/home', 'session=1']);
  expect(origin.requests).toHaveLength(1);
  const [input, init] = sent.mock.calls[0]!;
  expect(new Request((input as Request).url ?? input, init).redirect).toBe('manual');
});

it('the recipe for Workers waits for slow answers and uploads of its visitors', async () => {
  const origin = fakeFetch([{ delay: 20_000, status: 200 }]);
  const { default: worker } = await importSnippet<{ default: { fetch: Forward } }>(
    'recipes-server.md',
    'async fetch(request: Request)',
    origin,
  );

  const answers = Promise.all([worker.fetch(call()), worker.fetch(call({ method: 'POST', body: 'a photo' }))]);
  await vi.advanceTimersByTimeAsync(20_000);

  expect((await answers).map(({ status }) => status)).toEqual([200, 200]);
  expect(origin.requests).toHaveLength(2);
});
