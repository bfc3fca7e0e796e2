import { readFileSync } from 'node:fs';
import * as hooks from '@steadfetch/ky';
import { fakeFetch } from '@steadfetch/testing';
import ky from 'ky';
import * as steadfetch from 'steadfetch';
import * as kit from 'steadfetch/kit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';
import { rowsOf } from './tables.ts';

const PAGES = {
  'migration.md': ['axios-retry', 'fetch-retry', 'p-retry', 'Bottleneck', 'got', 'ofetch', 'RetryAgent', 'ky'],
  'migration-python.md': ['urllib3', 'requests'],
};

/** What a line may name besides the exports. */
const PLACES = {
  fetch: async () => new Response(),
  url: 'https://api.example.com/',
  raiseForStatus: (next: typeof fetch) => next,
};

/** What the others wait before three retries, at least, in all. */
const WAITS_THERE = [
  ['migration.md', '`randomize: true`', 7_000],
  ['migration.md', '`retry: { backoffLimit: 10_000 }`', 7_000],
  ['migration.md', '`retry: { noise: 100 }`', 7_000],
  ['migration-python.md', '`backoff_factor=0.5`', 3_000],
  ['migration-python.md', '`backoff_max=30`', 3_000],
  ['migration-python.md', '`backoff_jitter=1`', 3_000],
] as const;

function evaluate(code: string, more = {}): unknown {
  const scope = { ...kit, ...steadfetch, ...PLACES, ...more };
  return new Function(...Object.keys(scope), `'use strict'; return (${code});`)(...Object.values(scope));
}

describe.each(Object.entries(PAGES))('docs/%s', (file, tables) => {
  const page = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const cells = tables.flatMap((table) => rowsOf(page, `lines:${table}`).map(([, ours]) => ours!));
  const codes = cells.flatMap((cell) => [...cell.matchAll(/`([^`]*[()][^`]*)`/g)].map(([, code]) => code!));

  it('has a table for each library', () => {
    for (const table of tables) expect(rowsOf(page, `lines:${table}`).length, table).toBeGreaterThan(5);
  });

  it.each(codes.map((code) => code.replaceAll('\\|', '|')).filter((code) => !/^(retry: |ky\.|api\()/.test(code)))(
    '%s is accepted by the code',
    async (code) => {
      expect(() => evaluate(code)).not.toThrow();
    },
  );
});

it.each(WAITS_THERE)('docs/%s: the delay beside %s outlasts what it replaces', (file, theirs, atLeast) => {
  const page = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const tables = PAGES[file].flatMap((table) => rowsOf(page, `lines:${table}`));
  const [, ours] = tables.find(([left]) => left === theirs)!;
  const { delay } = evaluate(/`(retry\(.*?\))`/.exec(ours!)![1]!, { retry: (options: object) => options }) as {
    delay: steadfetch.Delay;
  };
  vi.spyOn(Math, 'random').mockReturnValue(0.5);

  const waits = [1, 2, 3].map((attempt) => delay({ attempt, previousDelay: 0 }));

  vi.restoreAllMocks();
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(atLeast);
});

it('in place of got an answer may take as long as it does there', async () => {
  const page = readFileSync(new URL('../migration.md', import.meta.url), 'utf8');
  const { code } = parseMarkdown(page).fences.find((fence) => fence.code.includes('as got'))!;
  const body = code.replaceAll(/^import .*$/gm, '').replace('const api =', 'return');
  const make = new Function('ky', 'retry', 'exponential', body) as (...parts: unknown[]) => typeof ky;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const server = fakeFetch([{ delay: 60_000, body: 'late' }]);

  const api = make(ky.extend({ fetch: server }), hooks.retry, steadfetch.exponential);
  const text = api.get('https://api.example.com/').text();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(await text).toBe('late');
});
