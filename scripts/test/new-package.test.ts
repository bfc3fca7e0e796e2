import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkForm } from '../check-docs.ts';
import { parseMarkdown } from '../markdown.ts';
import { newPackage } from '../new-package.ts';
import { entriesOf, ROOT, readPackage } from '../workspace.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'new-package-'));
  mkdirSync(join(root, 'packages'));
  for (const file of ['scripts/layers.ts', '.size-limit.json']) cpSync(join(ROOT, file), join(root, file));
});

afterEach(() => rmSync(root, { recursive: true }));

it('writes a package with its own name everywhere', () => {
  const dir = newPackage(root, 'buffer-more', 'Buffers more.');

  const { manifest } = readPackage(dir);
  expect(manifest).toMatchObject({ name: '@steadfetch/buffer-more', description: 'Buffers more.' });
  expect(entriesOf(readPackage(dir))).toEqual({ index: './src/index.ts' });
  expect(read('packages/buffer-more/src/buffer-more.ts')).toContain('export function bufferMore(): Middleware');
  expect(globSync('packages/**/*.*', { cwd: root }).filter((file) => /__[A-Z]+__/.test(file + read(file)))).toEqual([]);
});

it('writes a README in the house form', () => {
  newPackage(root, 'hedge');

  const text = read('packages/hedge/README.md');
  expect(checkForm('README.md', '@steadfetch/hedge', text, parseMarkdown(text))).toEqual([]);
});

it('enters the package among the layers and the sizes', () => {
  newPackage(root, 'hedge');

  expect(read('scripts/layers.ts')).toMatch(/\n {2}hedge: \{ packages: \['core'\] \},\n\};\n$/);
  expect(JSON.parse(read('.size-limit.json'))).toContainEqual(
    expect.objectContaining({ name: '@steadfetch/hedge', path: 'packages/hedge/dist/index.js', import: '{ hedge }' }),
  );
});

it.each(['', 'Hedge', 'a_b', '../a', '-a'])('refuses the name "%s"', (name) => {
  expect(() => newPackage(root, name)).toThrow('lower case and dashes');
});

it('leaves a package alone that exists', () => {
  newPackage(root, 'hedge');

  expect(() => newPackage(root, 'hedge')).toThrow('packages/hedge exists');
});

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
