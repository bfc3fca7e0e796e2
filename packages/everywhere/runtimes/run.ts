// Runs one suite, unchanged, in each runtime, and prints the table.
//
//   pnpm runtimes [NAME...]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../scripts/workspace.ts';
import { systemClock } from '../../core/src/index.ts';
import { bundleSuite } from './bundle.ts';
import { numbersOf, wrongNotes } from './footnotes.ts';
import { RUNTIMES, type Runtime } from './runtimes.ts';
import { openStage, type Stage } from './stage.ts';
import type { Result } from './suite.ts';

const PAGE = 'docs/runtimes.md';
const AT_ONCE = 3;

const wanted = process.argv.slice(2);
/** Those that could not be installed where CI runs: a line of the table, not a fault. */
const unavailable = (process.env.RUNTIMES_UNAVAILABLE ?? '').split(',');
const page = readFileSync(join(ROOT, PAGE), 'utf8');
const faults: string[] = [];

await bundleSuite();
const stage = await openStage();
const left = RUNTIMES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let runtime = left.shift(); runtime; runtime = left.shift()) await row(runtime);
  }),
);
await stage.close();
for (const fault of faults) console.error(fault);
console.log(`runtimes: ${faults.length} faults`);
process.exit(Math.min(faults.length, 1));

async function row(runtime: Runtime): Promise<void> {
  const { name, get } = runtime;
  const program = runtime.find();
  if (program === undefined) {
    console.log(`${name.padEnd(10)}skipped: not installed (${get})`);
    if (process.env.CI && !unavailable.includes(name)) faults.push(`${name} is not installed`);
    return;
  }
  let version = '?';
  let results: Result[];
  try {
    version = await Promise.race([runtime.version(program), late()]);
    results = await play(runtime, program, stage);
  } catch (error) {
    results = [{ name: 'start', error: (error as Error).message }];
  }
  const bad = results.filter(({ error }) => error !== undefined);
  const notes = new Set(results.flatMap(({ note }) => note ?? []));
  faults.push(...bad.map(({ name: check, error }) => `${name} ${version}, ${check}: ${error}`));
  if (bad.length === 0) faults.push(...wrongNotes(name, notes));
  if (!page.includes(`| ${name} | ${numbersOf(name)} |`))
    faults.push(`${PAGE}: no row | ${name} | ${numbersOf(name)} |`);
  const held = `${results.length - bad.length} of ${results.length}`;
  console.log(`${name.padEnd(10)}${version.padEnd(16)}${held.padEnd(12)}footnotes ${numbersOf(name)}`);
}

async function play(runtime: Runtime, program: string, stage: Stage): Promise<Result[]> {
  const { ended, end } = await runtime.start(program, stage);
  try {
    return await Promise.race([stage.results(runtime.name), ended, late()]);
  } finally {
    await end();
  }
}

async function late(): Promise<never> {
  await systemClock.sleep(120_000);
  throw new Error('no results after 120 s');
}
