import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { localRefusal } from 'steadfetch/kit';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';

const DIR = new URL(`./.offline-${process.pid}/`, import.meta.url);
const page = readFileSync(new URL('../front-ends.md', import.meta.url), 'utf8');

beforeAll(() => {
  mkdirSync(DIR);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
afterAll(() => {
  vi.useRealTimers();
  rmSync(DIR, { recursive: true });
});

it('the stack for a page sends each call of a phone that has no network and does not notice', async () => {
  vi.spyOn(console, 'warn').mockReturnValue(undefined); // the budget is spent
  let isConnected = false;
  const api = await stackOfThePage('hanging', (_, init) =>
    isConnected ? Promise.resolve(new Response()) : hang(init),
  );
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
  const api = await stackOfThePage('late', async (_, init) =>
    Promise.race([vi.advanceTimersByTimeAsync(8_000).then(() => new Response()), hang(init)]),
  );

  expect((await api('https://api.example.com/orders', { method: 'POST' })).ok).toBe(true);
});

/** A module of its own for each name: the stack takes the `fetch` of the time when it is loaded. */
async function stackOfThePage(name: string, server: typeof fetch): Promise<typeof fetch> {
  vi.stubGlobal('fetch', server);
  const { code } = parseMarkdown(page).fences.find((fence) => fence.code.includes('online()'))!;
  const file = new URL(`${name}.ts`, DIR);
  writeFileSync(file, code);
  return ((await import(file.href)) as { api: typeof fetch }).api;
}

function hang(init?: RequestInit): Promise<never> {
  return new Promise((_, reject) =>
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)),
  );
}
