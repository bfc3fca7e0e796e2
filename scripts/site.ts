// Builds the documentation as a static site into packages/site/dist, which installs what it needs from its own lock.
//
//   pnpm site                          builds it
//   pnpm site --open                   builds and serves it
//   pnpm site --check                  builds it for a folder of a host, then checks links, accessibility and search
//   SITE_BASE=/docs pnpm site          for a host that serves it from a folder

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './workspace.ts';

const HOME: string = join(ROOT, 'packages/site');
const PNPM: readonly string[] = ['npx', '-y', 'pnpm@12.21.0'];

const { values } = parseArgs({ options: { open: { type: 'boolean' }, check: { type: 'boolean' } } });

/** What works in a folder works at the root of a host too. */
if (values.check) process.env.SITE_BASE ??= '/steadfetch';

function runs(title: string, [command, ...args]: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): void {
  const startedAt = performance.now();
  console.log(`--- ${title}`);
  const { status } = spawnSync(command!, args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
  console.log(`--- ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
}

runs('install', [...PNPM, 'install', '--frozen-lockfile', '--silent'], HOME);
runs('declarations', ['node', 'scripts/build.ts'], ROOT);
if (existsSync(join(ROOT, 'packages/playground/package.json')))
  runs('playground', [...PNPM, '--filter', '@steadfetch/playground', 'build'], ROOT);
runs('build', ['node', 'node_modules/astro/bin/astro.mjs', 'build', '--silent'], HOME);
if (values.check) {
  runs('types', ['tsc', '-p', 'packages/site'], ROOT);
  runs('check', ['node', 'packages/site/check.ts'], ROOT);
}
if (values.open) await import('../packages/site/serve.ts').then(({ open }) => open());
