// Prints what each entry of .size-limit.json weighs, minified and gzipped. The rows named after a package are its own
// code; the others are bundles with everything in them.
//
//   pnpm check:size

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicPackages, ROOT } from './workspace.ts';

interface Row {
  name: string;
  passed: boolean;
  size: number;
  sizeLimit: number;
}

const { stdout, stderr } = spawnSync('size-limit', ['--json'], { cwd: ROOT, encoding: 'utf8' });
const result = JSON.parse(stdout || '{}') as Row[] | { error?: string };
const rows = Array.isArray(result) ? result : [];
const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(2).padStart(7);

console.log('     kB   limit');
for (const { name, passed, size, sizeLimit } of rows) {
  console.log(`${kilobytes(size)} ${kilobytes(sizeLimit)}  ${name}${passed ? '' : '  TOO LARGE'}`);
}

const limited = JSON.parse(readFileSync(join(ROOT, '.size-limit.json'), 'utf8')) as { name: string }[];
const missing = publicPackages().filter(({ manifest }) => !limited.some(({ name }) => name === manifest.name));
for (const { manifest } of missing) console.error(`${manifest.name} has no row in .size-limit.json`);
if (!Array.isArray(result)) console.error(result.error ?? stderr);
process.exitCode = rows.length > 0 && missing.length === 0 && rows.every(({ passed }) => passed) ? 0 : 1;
