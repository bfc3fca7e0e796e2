import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkForm, checkLinks } from '../check-docs.ts';
import { checkSnippets } from '../check-snippets.ts';
import { parseMarkdown } from '../markdown.ts';

describe('parseMarkdown', () => {
  it('keeps fences apart from prose', () => {
    const { fences, headings, links } = parseMarkdown(
      '# A\n\n```ts\n# B [x](y)\n```\n~~~js\n```\n~~~\n`[x](y)` [c](d)',
    );

    expect(fences).toEqual([
      { language: 'ts', line: 4, code: '# B [x](y)' },
      { language: 'js', line: 7, code: '```' },
    ]);
    expect(headings).toEqual([{ level: 1, text: 'A', line: 1 }]);
    expect(links).toEqual([{ target: 'd', line: 9 }]);
  });

  it('finds links around images, by reference and in HTML', () => {
    const { links } = parseMarkdown('[![alt](a.svg)](b.md)\n<img src="c.svg">\n[d]: d.md');

    expect(links.map(({ target }) => target).sort()).toEqual(['a.svg', 'b.md', 'c.svg', 'd.md']);
  });

  it('refuses a fence that is not closed', () => {
    expect(() => parseMarkdown('a\n```ts\n')).toThrow('before line 3 is not closed');
  });
});

describe('checkLinks', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'docs-'));
    writeFileSync(join(root, 'a.md'), '');
    writeFileSync(join(root, 'b.md'), '# `retry()`: when & why\n## Use\n## Use\n');
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('follows files, headings and headings that occur twice', () => {
    const page = '# Here\n[a](b.md) [b](#here) [c](b.md#retry-when--why) [d](./b.md#use-1) [e](https://example.com)';

    expect(checkLinks(root, 'a.md', parseMarkdown(page))).toEqual([]);
  });

  it('names each link that leads nowhere', () => {
    const page = '[a](c.md)\n[b](#there)\n[c](b.md#no)\n[d](../../etc/hosts)';

    expect(checkLinks(root, 'a.md', parseMarkdown(page))).toEqual([
      'a.md:1: no file c.md',
      'a.md:2: no heading #there in a.md',
      'a.md:3: no heading #no in b.md',
      'a.md:4: no file ../../etc/hosts',
    ]);
  });
});

describe('checkForm', () => {
  const sections = ['Use', 'What it does, exactly', 'Options', 'Where to put it', 'When not to use it', 'Sources'];

  it('accepts the house form', () => {
    expect(check(`# retry\n    pnpm add retry\n## ${sections.join('\n## ')}`)).toEqual([]);
  });

  it('names what is missing, out of order or too long', () => {
    const text = `# Retry\n## Options\n## Use\n## Extra\n## What it does, exactly\n## Sources\n${'\n'.repeat(200)}.`;

    expect(check(text)).toEqual([
      'a.md: the first heading is not "# retry"',
      'a.md: no "pnpm add retry"',
      'a.md: no section "## Where to put it"',
      'a.md: no section "## When not to use it"',
      'a.md: sections in the order Options / Use / What it does, exactly / Sources',
      'a.md: 207 lines, at most 150',
    ]);
  });

  it('names what a snippet imports and no command adds, since pnpm finds only what a project has added', () => {
    const snippet =
      "```ts\nimport { get } from 'node:https';\nimport { compose } from '@a/core';\nimport ky from 'ky';\n```";

    expect(check(`# retry\n    pnpm add retry ky\n${snippet}\n## ${sections.join('\n## ')}`)).toEqual([
      'a.md: no "pnpm add @a/core"',
    ]);
  });

  const check = (text: string): string[] => checkForm('a.md', 'retry', text, parseMarkdown(text));
});

describe('checkSnippets', () => {
  it('reports a wrong type with its place in the page', { timeout: 20_000 }, () => {
    const right = `import { compose } from '@steadfetch/core';\nawait compose()(fetch)('https://example.com');`;
    const wrong = `const name: number = 'a';`;

    const faults = checkSnippets([
      { page: 'docs/a.md', line: 3, code: right, extension: 'ts' },
      { page: 'docs/b.md', line: 7, code: wrong, extension: 'ts' },
      { page: 'docs/c.md', line: 9, code: "Math.abs('a');", extension: 'js' },
    ]);

    expect(faults).toEqual([
      "docs/b.md(7,7): error TS2322: Type 'string' is not assignable to type 'number'.",
      "docs/c.md(9,10): error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
    ]);
  });
});
