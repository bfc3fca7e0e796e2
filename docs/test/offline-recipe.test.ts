import { localRefusal } from 'steadfetch/kit';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

it('the stack for a page sends each call of a phone that has no network and does not notice', async () => {
  let isConnected = false;
  const api = await stackOfThePage((_, init) => (isConnected ? Promise.resolve(new Response()) : hang(init)));
  const errors: unknown[] = [];

  for (let call = 0; call < 60; call++) {
    isConnected = call >= 40;
    api(`https://api.example.com/${call}`).catch((error: unknown) => errors.push(error));
    await vi.advanceTimersByTimeAsync(500);
  }
  await vi.advanceTimersByTimeAsync(60_000);

  expect(errors.filter((error) => localRefusal(error) !== undefined)).toEqual([]);
});

it('the stack for a page does not cut a POST whose answer is late', async () => {
  const api = await stackOfThePage(async (_, init) =>
    Promise.race([vi.advanceTimersByTimeAsync(20_000).then(() => new Response()), hang(init)]),
  );

  expect((await api('https://api.example.com/orders', { method: 'POST' })).ok).toBe(true);
});

async function stackOfThePage(server: typeof fetch): Promise<typeof fetch> {
  return (await importSnippet<{ api: typeof fetch }>('front-ends.md', 'online()', server)).api;
}

function hang(init?: RequestInit): Promise<never> {
  return new Promise((_, reject) =>
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)),
  );
}
