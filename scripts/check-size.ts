// Prints what each entry of .size-limit.json weighs, minified and gzipped. The rows named after a package are its own
// code; the others are bundles with everything in them.
//
//   pnpm check:size
//   node --run build && node scripts/check-size.ts --update     sets each limit to the size plus a tenth

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicPackages, ROOT } from './workspace.ts';

interface Row {
  name: string;
  passed: boolean;
  size: number;
  sizeLimit: number;
}

interface Limit {
  name: string;
  limit: string;
}

const CONFIG = join(ROOT, '.size-limit.json');

function measure(): Row[] {
  const { stdout, stderr } = spawnSync('size-limit', ['--json'], { cwd: ROOT, encoding: 'utf8' });
  const result = JSON.parse(stdout || '{}') as Row[] | { error?: string };
  if (!Array.isArray(result)) throw new Error((result.error ?? stderr).replace(/^ {4}at .*\n?/gm, ''));
  return result;
}

function kilobytes(bytes: number): string {
  return (bytes / 1_000).toFixed(2);
}

function update(limits: readonly Limit[], rows: readonly Row[]): void {
  const sizes = new Map(rows.map(({ name, size }) => [name, size]));
  const roomy = limits.map((limit) => {
    const size = Math.max(100, (sizes.get(limit.name) ?? 0) * 1.1);
    return { ...limit, limit: `${kilobytes(Math.ceil(size / 50) * 50)} kB` };
  });
  writeFileSync(CONFIG, JSON.stringify(roomy, null, 2));
  spawnSync('biome', ['format', '--write', CONFIG], { cwd: ROOT });
}

try {
  const limits = JSON.parse(readFileSync(CONFIG, 'utf8')) as Limit[];
  const rows = measure();
  console.log('     kB   limit');
  for (const { name, passed, size, sizeLimit } of rows) {
    const numbers = [size, sizeLimit].map((bytes) => kilobytes(bytes).padStart(7)).join(' ');
    console.log(`${numbers}  ${name}${passed ? '' : '  TOO LARGE'}`);
  }
  const missing = publicPackages().filter(({ manifest }) => !limits.some(({ name }) => name === manifest.name));
  for (const { manifest } of missing) console.error(`${manifest.name} has no row in .size-limit.json`);
  process.exitCode = missing.length === 0 && rows.every(({ passed }) => passed) ? 0 : 1;
  if (process.argv.includes('--update')) update(limits, rows);
} catch (error) {
  process.exitCode = 1;
  console.error((error as Error).message);
}
