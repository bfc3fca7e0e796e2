import { fakeFetch, instantClock } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { compose, idempotencyKey, retry } from '../src/index.ts';

it('sends the key, and the headers of the caller, through a wrapper that spreads headers', async () => {
  const fetch = fakeFetch([503, 200]);
  const authed: typeof globalThis.fetch = (url, init) =>
    fetch(url, { ...init, headers: { ...(init?.headers as Record<string, string>), Authorization: 'Bearer t' } });
  const steady = compose(idempotencyKey({ generate: () => 'k' }), retry({ clock: instantClock() }))(authed);

  await steady('https://api.example.com/orders', { method: 'POST', headers: { 'X-Tenant': 'a' }, body: '{}' });

  const sent = fetch.calls.map(({ headers }) => ['idempotency-key', 'x-tenant'].map((name) => headers.get(name)));
  expect(sent).toEqual([
    ['"k"', 'a'],
    ['"k"', 'a'],
  ]);
});
