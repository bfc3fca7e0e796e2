// Measures what the imports in .size-limit.json weigh with everything they bring, minified and gzipped, and compares that with
// what the README of each package says between its markers. It measures the tarballs: of the
// sources a bundler can leave out more.
//
//   pnpm check:size               fails where a README is more than three percent off
//   pnpm check:size --update      writes the sizes into the READMEs

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack, unpack } from './packed.ts';
import { type Package, publicPackages, ROOT } from './workspace.ts';

/** One row of .size-limit.json; `name` is that of the package. */
interface Row {
  name: string;
  path: string;
  import: string;
}

interface Size {
  names: string;
  bytes: number;
}

const MARKED = /<!-- size -->\n[\s\S]*?<!-- \/size -->/;
const TOLERANCE = 0.03;
/** Never part of an application. */
const UNMEASURED = ['@steadfetch/testing'];

/** Where the packages are as their users have them, and what size-limit is told there. */
function writeConsumer(consumer: string, rows: readonly Row[]): void {
  const preset = '@size-limit/preset-small-lib';
  const modules = join(consumer, 'node_modules');
  mkdirSync(join(modules, '@size-limit'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', preset), join(modules, preset));
  unpack(pack(join(consumer, 'tarballs')), consumer);
  const moved = rows.map((row) => ({ ...row, path: row.path.replace(/^packages\/[^/]+/, `node_modules/${row.name}`) }));
  writeFileSync(join(consumer, '.size-limit.json'), JSON.stringify(moved));
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ private: true, devDependencies: { [preset]: '*' } }));
}

function weigh(rows: readonly Row[]): { stdout: string; stderr: string } {
  const consumer = mkdtempSync(join(tmpdir(), 'steadfetch-size-'));
  try {
    writeConsumer(consumer, rows);
    return spawnSync('size-limit', ['--json'], { cwd: consumer, encoding: 'utf8' });
  } finally {
    rmSync(consumer, { recursive: true });
  }
}

/** The sizes of each package, in the order of the rows. */
function measure(): Map<string, Size[]> {
  const rows = JSON.parse(readFileSync(join(ROOT, '.size-limit.json'), 'utf8')) as Row[];
  const { stdout, stderr } = weigh(rows);
  const measured = JSON.parse(stdout || '{}') as { size: number }[] | { error?: string };
  if (!Array.isArray(measured)) throw new Error((measured.error ?? stderr).replace(/^ {4}at .*\n?/gm, ''));
  const sizes = new Map<string, Size[]>();
  rows.forEach((row, index) => {
    const size = { names: row.import.replace(/^\{ | \}$/g, ''), bytes: measured[index]!.size };
    sizes.set(row.name, [...(sizes.get(row.name) ?? []), size]);
  });
  return sizes;
}

function kilobytes(bytes: number): string {
  return (bytes / 1_000).toFixed(bytes < 10_000 ? 2 : 1);
}

/** What a README says about sizes. */
export function sentenceOf(sizes: readonly Size[]): string {
  const each = sizes.map(({ names, bytes }) => `\`${names}\` ${kilobytes(bytes)} kB`);
  return `<!-- size -->\nWeighs, with everything it imports, minified and gzipped: ${each.join('; ')}.\n<!-- /size -->`;
}

/** What is wrong with the sizes in a README. */
export function checkReadme(text: string, sizes: readonly Size[]): string[] {
  const said = MARKED.exec(text)?.[0];
  if (said === undefined) return ['no <!-- size --> and <!-- /size -->'];
  return sizes.flatMap(({ names, bytes }) => {
    const number = said.match(new RegExp(`\`${names}\` ([\\d.]+) kB`))?.[1];
    if (number === undefined) return [`no size of ${names}`];
    const off = Math.abs(bytes - Number(number) * 1_000) / bytes;
    return off <= TOLERANCE ? [] : [`says ${number} kB for ${names}, which weighs ${kilobytes(bytes)} kB`];
  });
}

function readmeOf({ dir }: Package): string {
  return join(dir, 'README.md');
}

if (import.meta.main) {
  try {
    const sizes = measure();
    const faults: string[] = [];
    for (const one of publicPackages().filter(({ manifest }) => !UNMEASURED.includes(manifest.name))) {
      const { name } = one.manifest;
      const own = sizes.get(name) ?? [];
      for (const { names, bytes } of own) console.log(`${kilobytes(bytes).padStart(7)} kB  ${name} { ${names} }`);
      const readme = readFileSync(readmeOf(one), 'utf8');
      if (process.argv.includes('--update'))
        writeFileSync(
          readmeOf(one),
          readme.replace(MARKED, () => sentenceOf(own)),
        );
      else if (own.length === 0) faults.push(`${name} has no row in .size-limit.json`);
      else faults.push(...checkReadme(readme, own).map((fault) => `packages/${one.folder}/README.md: ${fault}`));
    }
    for (const fault of faults) console.error(fault);
    if (faults.length > 0) console.error('pnpm check:size --update writes the sizes');
    process.exitCode = Math.min(faults.length, 1);
  } catch (error) {
    process.exitCode = 1;
    console.error((error as Error).message);
  }
}
