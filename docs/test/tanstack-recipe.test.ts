import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';

const DIR = new URL(`./.tanstack-${process.pid}/`, import.meta.url);
const page = readFileSync(new URL('../recipes.md', import.meta.url), 'utf8');

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

it("the stack in place of TanStack's loop outlasts three seconds of 503, as that loop does", async () => {
  vi.spyOn(console, 'warn').mockReturnValue(undefined); // the budget is spent
  const end = Date.now() + 3_000;
  vi.stubGlobal('fetch', async () => (Date.now() < end ? new Response(null, { status: 503 }) : Response.json('fine')));
  const { code } = parseMarkdown(page).fences.find((fence) => fence.code.includes('queryFn'))!;
  const file = new URL('recipe.ts', DIR);
  writeFileSync(file, code);
  const { report } = (await import(file.href)) as { report: { queryFn: (context: object) => Promise<unknown> } };
  const outcomes: Promise<unknown>[] = [];

  for (let query = 0; query < 10; query++) {
    outcomes.push(report.queryFn({ signal: new AbortController().signal }).catch(String));
    await vi.advanceTimersByTimeAsync(300);
  }
  await vi.advanceTimersByTimeAsync(30_000);

  expect(await Promise.all(outcomes)).toEqual(Array(10).fill('fine'));
});
