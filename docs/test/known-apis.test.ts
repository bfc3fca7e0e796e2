import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fakeFetch } from '@steadfetch/testing';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';

const DIR = new URL(`./.known-apis-${process.pid}/`, import.meta.url);
const page = readFileSync(new URL('../recipes-apis.md', import.meta.url), 'utf8');
const stacks = parseMarkdown(page).fences.filter(({ code }) => code.includes('export const steady ='));

beforeAll(() => mkdirSync(DIR));
afterEach(() => vi.unstubAllGlobals());
afterAll(() => rmSync(DIR, { recursive: true }));

it.each(stacks)('the stack on line $line is a fetch, as the SDKs take one', async ({ line, code }) => {
  vi.stubGlobal('fetch', fakeFetch(200));
  const file = new URL(`${line}.ts`, DIR);
  writeFileSync(file, code);

  const { steady } = (await import(file.href)) as { steady: typeof fetch };

  expect((await steady('https://api.example.com/')).status).toBe(200);
});
