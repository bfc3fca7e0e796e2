// Drives the packages through real clients, runtimes, compilers and bundlers, which `packages/everywhere` installs.
//
//   pnpm everywhere                    all parts
//   pnpm everywhere clients types      only these
//   pnpm everywhere clients NAME...    one part, and of it only what is named

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './workspace.ts';

const HOME: string = join(ROOT, 'packages/everywhere');

interface Part {
  readonly command: readonly string[];
  /** Whether it looks at the packages as they are published. */
  readonly packed: boolean;
}

const PARTS: Readonly<Record<string, Part>> = {
  sources: { command: ['tsc', '-p', 'packages/everywhere'], packed: false },
  clients: { command: ['node', 'packages/everywhere/clients/run.ts'], packed: false },
  runtimes: { command: ['node', 'packages/everywhere/runtimes/run.ts'], packed: true },
  types: { command: ['node', 'packages/everywhere/types/run.ts'], packed: true },
  packages: { command: ['node', 'packages/everywhere/packages/run.ts'], packed: true },
  transparency: { command: ['node', 'packages/everywhere/transparency.ts'], packed: false },
};

const given = process.argv.slice(2);
const named = given.filter((argument) => argument in PARTS);
const filters = given.slice(named.length);
if (filters.length > 0 && named.length !== 1) {
  throw new RangeError(`everywhere: no part ${filters[0]}: there are ${Object.keys(PARTS).join(', ')}`);
}
const parts = Object.entries(PARTS).filter(([name]) => named.length === 0 || named.includes(name));

function runs(title: string, [command, ...args]: readonly string[], cwd: string = ROOT): boolean {
  console.log(`\n--- ${title}`);
  return spawnSync(command!, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

const install = ['npx', '-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--silent'];
if (!runs('install', install, HOME)) process.exit(1);
if (parts.some(([, { packed }]) => packed) && !runs('pack', ['node', 'packages/everywhere/packed.ts'])) process.exit(1);
const outcomes = parts.map(([name, { command }]) => {
  const startedAt = performance.now();
  const ok = runs(name, [...command, ...filters]);
  return { name, ok, seconds: ((performance.now() - startedAt) / 1_000).toFixed(1) };
});

console.log('\n--- summary');
for (const { name, ok, seconds } of outcomes)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds.padStart(6)} s  ${name}`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
