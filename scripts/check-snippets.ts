// Type-checks snippets of Markdown, each as a module of its own, all in one run of tsc.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicPackages, ROOT } from './workspace.ts';

export interface Snippet {
  page: string;
  /** Number of its first line in the page, from 1. */
  line: number;
  code: string;
  extension: 'ts' | 'js';
}

/** Every fault, with its place in the page. The libraries that snippets import are those installed in `home`. */
export function checkSnippets(snippets: readonly Snippet[], home: string = join(ROOT, 'docs')): string[] {
  if (snippets.length === 0) return [];
  const dir = join(home, `.snippets-${process.pid}`);
  mkdirSync(dir);
  const pages = new Map(snippets.map((snippet, index) => [write(dir, snippet, index), snippet.page]));
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(tsconfig()));
  const tsc = spawnSync('tsc', ['-p', dir, '--pretty', 'false'], { cwd: dir, encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  if (tsc.status === 0) return [];
  const output = (tsc.stdout + tsc.stderr + (tsc.error ?? '')).trim();
  return output.split('\n').map((line) => line.replace(/^\S+?\.(?:ts|js)(?=\()/, (file) => pages.get(file) ?? file));
}

/** Starts on the line that it has in the page, so that tsc's line numbers are the page's. */
function write(dir: string, { page, line, code, extension }: Snippet, index: number): string {
  const file = `${page.replaceAll(/[^a-z0-9]+/gi, '-')}-${index}.${extension}`;
  writeFileSync(join(dir, file), `${'\n'.repeat(line - 1)}${code}\nexport {};\n`);
  return file;
}

function tsconfig(): object {
  const entries = publicPackages().flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([, source]) => source.endsWith('.ts'))
      .map(([subpath, source]) => [manifest.name + subpath.slice(1), [join(ROOT, 'packages', folder, source)]]),
  );
  return {
    extends: join(ROOT, 'tsconfig.base.json'),
    compilerOptions: { allowJs: true, checkJs: true, paths: Object.fromEntries(entries) },
    include: ['*'],
  };
}
