// Runs the benchmarks, all or those named, each in a process of its own.
//
//   pnpm bench [harm|outages|exceptions|limits|overhead|first-call|observe|storms|budgets|fleets|rate-limits|shared-limit|memory|crowd|size …] [--OPTIONS of those]

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const RUNS: Record<string, string> = {
  harm: 'harm/run.ts',
  outages: 'harm/outages.ts',
  exceptions: 'exceptions/run.ts',
  limits: 'limits/run.ts',
  overhead: 'overhead/run.ts',
  'first-call': 'overhead/first-call.ts',
  observe: 'overhead/observe.ts',
  storms: 'storms/run.ts',
  budgets: 'storms/budgets.ts',
  fleets: 'storms/fleets.ts',
  'rate-limits': 'rate-limits/run.ts',
  'shared-limit': 'shared-limit/run.ts',
  memory: 'memory/run.ts',
  crowd: 'crowd/run.ts',
  size: 'size/run.ts',
};

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const unknown = names.filter((name) => !(name in RUNS));
if (unknown.length > 0 || (names.length === 0 && options.length > 0)) {
  const fault =
    unknown.length > 0 ? `no benchmark '${unknown.join("', '")}'` : `${options.join(' ')} of which benchmark?`;
  console.error(`${fault}, expected ${Object.keys(RUNS).join(', ')}`);
  process.exit(2);
}
for (const name of names.length > 0 ? names : Object.keys(RUNS)) {
  const file = join(import.meta.dirname, RUNS[name]!);
  if (!existsSync(file)) throw new Error(`${file} does not exist`);
  const { status } = spawnSync(process.execPath, [file, ...options], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
