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

/** The code on the home page of the site. */
const home = readFileSync(new URL('../../packages/site/app/pages/index.astro', import.meta.url), 'utf8');
const shown = [...home.matchAll(/^const (\w+) = `(import[^`]+)`;$/gm)].map(([, name, code]) => {
  return { place: `home-${name}`, code: code! };
});

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

  it('is found on each page, and on the home page', () => {
    expect(new Set(snippets.map(({ place }) => place.replace(/-\d+$/, ''))).size).toBe(PAGES.length);
    expect(shown).toHaveLength(3);
  });

  it.each([...snippets, ...shown])('$place runs to its end', async ({ place, code }) => {
    vi.stubGlobal('fetch', fakeFetch({ json: { name: 'Ada' } }));
    const file = new URL(`${place}.ts`, DIR);
    writeFileSync(file, `${code}\nexport {};\n`);

    await expect(import(file.href)).resolves.toBeDefined();
  });
});
