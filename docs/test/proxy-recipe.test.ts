import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fakeFetch, type Script } from '@steadfetch/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';

let made = 0;

type Forward = (request: Request) => Promise<Response>;

/** The proxy of the page, in front of a server that answers so. */
async function proxyOf(script: Script): Promise<Forward> {
  const page = readFileSync(new URL('../recipes-server.md', import.meta.url), 'utf8');
  const { code } = parseMarkdown(page).fences.find((fence) => fence.code.includes('function forward('))!;
  const file = new URL(`./.proxy-recipe-${process.pid}-${++made}.ts`, import.meta.url);
  writeFileSync(file, code);
  vi.stubGlobal('fetch', fakeFetch(script));
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    rmSync(file);
  });
  return ((await import(file.href)) as { forward: Forward }).forward;
}

const call = () => new Request('https://proxy.test/');

it('lets its client wait where the origin says how long', async () => {
  const forward = await proxyOf([{ status: 503, headers: { 'retry-after': '20' } }, 200]);

  const { status, headers } = await forward(call());

  expect([status, headers.get('retry-after'), headers.get('x-should-retry')]).toEqual([503, '20', null]);
});

it('tells its client not to repeat what it has repeated in vain', async () => {
  const forward = await proxyOf(503);
  const answer = forward(call());
  await vi.advanceTimersByTimeAsync(1_000);

  expect((await answer).headers.get('x-should-retry')).toBe('false');
});
