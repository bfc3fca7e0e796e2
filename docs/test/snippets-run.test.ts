import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fakeFetch } from '@steadfetch/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';

const PAGES = [
  'errors.md',
  'faq.md',
  'getting-started.md',
  'migration.md',
  'migration-python.md',
  'recipes.md',
  'recipes-server.md',
  'recipes-apis.md',
];

const DIR = new URL(`./.snippets-run-${process.pid}/`, import.meta.url);

/** Those without a name of a file: the others are run as the page says. */
const snippets = PAGES.flatMap((page) =>
  parseMarkdown(readFileSync(new URL(`../${page}`, import.meta.url), 'utf8'))
    .fences.filter(({ language, title }) => /^(ts|js)$/.test(language) && title === undefined)
    .map(({ line, code }) => ({ place: `${page}-${line}`, code })),
);

describe('a snippet of the docs', () => {
  beforeAll(() => {
    mkdirSync(DIR);
    for (const name of ['log', 'warn'] as const) vi.spyOn(console, name).mockImplementation(() => undefined);
  });
  afterEach(() => vi.unstubAllGlobals());
  afterAll(() => {
    vi.restoreAllMocks();
    rmSync(DIR, { recursive: true });
  });

  it.each(snippets)('$place runs to its end', async ({ place, code }) => {
    vi.stubGlobal('fetch', fakeFetch({ json: { name: 'Ada' } }));
    const file = new URL(`${place}.ts`, DIR);
    writeFileSync(file, `${code}\nexport {};\n`);

    await expect(import(file.href)).resolves.toBeDefined();
  });
});
