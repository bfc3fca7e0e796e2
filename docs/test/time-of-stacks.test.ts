import { globSync, readFileSync } from 'node:fs';
import type { KyInstance } from 'ky';
import { type Fetch, layersOf } from 'steadfetch/kit';
import { expect, it, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';
import { importCode } from './import-snippet.ts';

// A stack that is copied from a page must not end a call that standard() does not end.

const ROOT = new URL('../../', import.meta.url);
/** Their stacks are run by `pnpm everywhere clients`, or tests of their own; that of Python has the 10 s of what it replaces. */
const LEFT_OUT = ['docs/clients.md', 'docs/migration-python.md', 'docs/testing.md', 'packages/testing/README.md'];
const PAGES = ['README.md', ...globSync(['docs/*.md', 'packages/*/README.md'], { cwd: ROOT, exclude: LEFT_OUT })];

const snippets = PAGES.flatMap((page) =>
  parseMarkdown(readFileSync(new URL(page, ROOT), 'utf8'))
    .fences.filter(({ language, code }) => /^(ts|js)$/.test(language) && /\b(timeout|standard)\(/.test(code))
    .map(({ line, code }) => ({ place: `${page}:${line}`, code })),
);

const ORDER = { method: 'POST', body: '{}' };
const WITH_A_KEY = { ...ORDER, headers: { 'idempotency-key': '"1"' } };

it('finds the stacks of the pages', () => {
  expect(snippets.length).toBeGreaterThan(50);
});

it.each(snippets)('$place ends no call that standard() does not end', async ({ place, code }) => {
  const stacks = await stacksOf(place, code);
  expect(stacks).not.toEqual([]);
  const ofAGet = code.includes('function hedge(') ? 2 : 1; // a hedge is there to send a GET of 9 s once more
  for (const { name, stack, limit } of stacks) {
    expect(await answers(stack, 9_000), `${name}: a GET of 9 s`).toEqual({ answer: 200, requests: ofAGet });
    const post = Math.min(25_000, limit);
    expect(await answers(stack, post, ORDER), `${name}: a POST of ${post} ms`).toEqual({ answer: 200, requests: 1 });
    expect(await answers(stack, 9_000, WITH_A_KEY), `${name}: with a key`).toEqual({ answer: 200, requests: 1 });
  }
});

interface Stack {
  readonly name: string;
  readonly stack: Fetch;
  /** ms */
  readonly limit: number;
}

let requests = 0;
let answerAfter = 0;

const server: Fetch = async (input, init) => {
  requests++;
  if (answerAfter === 0) return Response.json({ name: 'Ada' });
  return new Promise((resolve, reject) => {
    setTimeout(() => resolve(new Response()), answerAfter);
    const signal = init?.signal ?? (input as Request).signal;
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });
};

async function answers(stack: Fetch, ms: number, init?: RequestInit): Promise<object> {
  requests = 0;
  answerAfter = ms;
  const answer = stack('https://api.example.com/things', init).then(({ status }) => status, String);
  await vi.advanceTimersByTimeAsync(120_000);
  return { answer: await answer, requests };
}

/** Those of the top level of a snippet, in front of the server. */
async function stacksOf(place: string, code: string): Promise<Stack[]> {
  const folder = place.startsWith('packages/query') ? 'packages/query/test/' : 'docs/test/';
  const names = [...code.matchAll(/^(?:export )?const (\w+)\b/gm)].map(([, name]) => name);
  const resolvable = code.replace(/'@steadfetch\/(?!ky|query|react)[\w-]+'/g, "'steadfetch/kit'");
  const exporting = `${resolvable}\nexport const declared = { ${names.join(', ')} };\n`;
  vi.spyOn(console, 'log').mockReturnValue(undefined);

  answerAfter = 0;
  let declared: Record<string, unknown> | undefined;
  const running = importCode<{ declared: Record<string, unknown> }>(exporting, server, folder).then((module) => {
    declared = module.declared;
  });
  while (!declared) await Promise.race([running, vi.advanceTimersByTimeAsync(1_000)]);
  const mounted = [...code.matchAll(/^(?:export )?const (\w+) = [^;]*\)\(fetch\);/gm)].map(([, name]) => name);
  return Object.entries(declared).flatMap(([name, value]) => stackOf(name, value, mounted.includes(name)) ?? []);
}

function stackOf(name: string, value: unknown, isMounted: boolean): Stack | undefined {
  if (typeof value !== 'function') return undefined;
  if ('defaults' in value) {
    const { env } = value.defaults as { env: { fetch: Fetch } }; // of axios
    return { name, stack: env.fetch, limit: Infinity };
  }
  if ('extend' in value) return { name, stack: value as unknown as KyInstance as Fetch, limit: 9_000 };
  if ('describe' in value) return { name, stack: (value as (next: Fetch) => Fetch)(server), limit: Infinity };
  return isMounted || layersOf(value as Fetch).length > 0
    ? { name, stack: value as Fetch, limit: Infinity }
    : undefined;
}
