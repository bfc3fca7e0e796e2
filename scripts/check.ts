// Runs every gate (the `check:` scripts of package.json), prints as it goes, and fails when one fails.
//
//   pnpm check                    all of them
//   pnpm check types docs         only these
//   pnpm check --without test     all but these

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workspace.ts';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const gates = Object.keys(scripts)
  .filter((name) => name.startsWith('check:'))
  .map((name) => name.slice('check:'.length));

const without = process.argv.includes('--without');
const named = process.argv.slice(2).filter((argument) => argument !== '--without');
const unknown = named.filter((name) => !gates.includes(name));
if (unknown.length > 0) throw new RangeError(`no gate ${unknown.join(', ')}: there are ${gates.join(', ')}`);
const chosen = named.length === 0 ? gates : gates.filter((gate) => named.includes(gate) !== without);

const outcomes = chosen.map((gate) => {
  console.log(`\n--- ${gate}: ${scripts[`check:${gate}`]}`);
  const startedAt = performance.now();
  const { status } = spawnSync('node', ['--run', `check:${gate}`], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return { gate, ok: status === 0, seconds: ((performance.now() - startedAt) / 1_000).toFixed(1) };
});

console.log('\n--- summary');
for (const { gate, ok, seconds } of outcomes)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds.padStart(6)} s  ${gate}`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
