// Runs every gate (the `check:` scripts of package.json), prints as it goes, and fails when one fails.
//
//   pnpm check                    all of them
//   pnpm check types docs         only these
//   pnpm check --without test     all but these

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from './workspace.ts';

/** Each takes about a minute of one core: they run at once, and each is printed when it ends. */
const AT_ONCE = ['harm', 'limits'];

interface Outcome {
  readonly gate: string;
  readonly ok: boolean;
  readonly seconds: string;
}

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const gates = Object.keys(scripts)
  .filter((name) => name.startsWith('check:'))
  .map((name) => name.slice('check:'.length));

const without = process.argv.includes('--without');
const named = process.argv.slice(2).filter((argument) => argument !== '--without');
const unknown = named.filter((name) => !gates.includes(name));
if (unknown.length > 0) throw new RangeError(`no gate ${unknown.join(', ')}: there are ${gates.join(', ')}`);
const chosen = named.length === 0 ? gates : gates.filter((gate) => named.includes(gate) !== without);

const titleOf = (gate: string): string => `\n--- ${gate}: ${scripts[`check:${gate}`]}`;

async function run(gate: string, isHeld: boolean): Promise<Outcome> {
  const startedAt = performance.now();
  if (!isHeld) console.log(titleOf(gate));
  const command = `node --run check:${gate}${isHeld ? ' 2>&1' : ''}`; // in the order in which they were written
  const child = spawn(command, { cwd: ROOT, shell: true, stdio: ['ignore', isHeld ? 'pipe' : 'inherit', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const output = child.stdout && (await text(child.stdout));
  const ok = (await ended) === 0;
  if (isHeld) console.log(`${titleOf(gate)}\n${output}`);
  return { gate, ok, seconds: ((performance.now() - startedAt) / 1_000).toFixed(1) };
}

const atOnce = chosen.filter((gate) => AT_ONCE.includes(gate));
const outcomes: Outcome[] = [];
for (const gate of chosen) {
  if (!atOnce.includes(gate)) outcomes.push(await run(gate, false));
  else if (gate === atOnce[0]) outcomes.push(...(await Promise.all(atOnce.map((one) => run(one, atOnce.length > 1)))));
}

console.log('\n--- summary');
for (const { gate, ok, seconds } of outcomes)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds.padStart(6)} s  ${gate}`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
