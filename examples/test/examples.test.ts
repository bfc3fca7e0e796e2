import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'vitest';
import { ROOT } from '../../scripts/workspace.ts';

const DIR = join(import.meta.dirname, '..');
/** Stripping the types of all packages for each example would take half of the time. */
const NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/node');
const files = globSync('*.ts', { cwd: DIR }).sort();

describe.concurrent('each example', { timeout: 20_000 }, () => {
  it.for(files)('%s prints what it says at its end', async (file, { expect }) => {
    const source = readFileSync(join(DIR, file), 'utf8');

    expect(await outputOf(file)).toBe(expectedBy(source));
  });

  it.for(files)('%s is short, and says first what there is to see', (file, { expect }) => {
    const lines = readFileSync(join(DIR, file), 'utf8').trimEnd().split('\n');

    expect(lines.length).toBeLessThanOrEqual(60);
    expect(lines[0]).toMatch(/^\/\/ [A-Z a-z].{20}/);
    expect(lines.slice(1, 7)).toContain(`//   pnpm example ${basename(file, '.ts')}`);
  });
});

/** The comment that ends the file. */
function expectedBy(source: string): string {
  const [, comment = ''] = source.split('\n// Output:\n');
  return comment.replaceAll(/^\/\/ ?/gm, '');
}

function outputOf(file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, NO_COLOR: '1', NODE_COMPILE_CACHE };
    execFile(process.execPath, [join(DIR, file)], { env }, (error, stdout, stderr) => {
      if (error) reject(error);
      else resolve(stdout + stderr);
    });
  });
}
