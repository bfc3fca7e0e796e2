// Compiles uses of the packed packages with several compilers and environments, without skipLibCheck.
//
//   pnpm everywhere types [ENVIRONMENT...]

import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../../../scripts/run.ts';
import { CONSUMER } from '../packed.ts';
import {
  COMPILERS,
  ENVIRONMENTS,
  EXPO,
  REACT_NATIVE,
  RESOLUTIONS,
  USES,
  USES_BUN,
  USES_NODE,
  USES_PLAIN,
} from './cases.ts';

const HERE: string = join(import.meta.dirname, '../node_modules');
const OURS = /^uses[a-z-]*\.ts\(|node_modules\/(?:@steadfetch\/|steadfetch\/)/;

interface Job {
  readonly title: string;
  /** Errors in our declarations or in their uses. */
  compile(): Promise<string[]>;
}

const wanted = process.argv.slice(2);
for (const name of ['@types/node', '@types/bun', '@cloudflare/workers-types']) link(name);
const FILES = {
  'uses.ts': USES,
  'uses-node.ts': USES_NODE,
  'uses-plain.ts': USES_PLAIN,
  'uses-bun.ts': USES_BUN,
  'react-native.d.ts': REACT_NATIVE,
  'expo.d.ts': EXPO,
};
for (const [file, code] of Object.entries(FILES)) writeFileSync(join(CONSUMER, file), code);

const jobs: Job[] = Object.entries(COMPILERS).flatMap(([version, { compiler, resolutions }]) =>
  resolutions.flatMap((resolution) =>
    Object.keys(ENVIRONMENTS)
      .filter((environment) => wanted.length === 0 || wanted.includes(environment))
      .map((environment) => ({
        title: `TypeScript ${version}, ${resolution}, ${environment}`,
        compile: () => compile(compiler, resolution, environment),
      })),
  ),
);
if (wanted.length === 0)
  jobs.push({
    title: 'Deno',
    compile: () => errorsOf(join(HERE, '.bin/deno'), ['check', '--quiet', 'uses.ts', 'uses-plain.ts']),
  });

const faults: string[] = [];
let compiled = 0;
await Promise.all([work(), work()]);
for (const fault of faults) console.error(fault);
console.log(`types: ${compiled} combinations, ${faults.length} errors in our declarations`);
process.exitCode = Math.min(faults.length, 1);

async function work(): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    faults.push(...(await job.compile()).map((error) => `${job.title}: ${error}`));
    compiled++;
  }
}

function link(name: string): void {
  const path = join(CONSUMER, 'node_modules', name);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(HERE, name), path);
}

function compile(compiler: string, resolution: keyof typeof RESOLUTIONS, environment: string): Promise<string[]> {
  const [module, moduleResolution] = RESOLUTIONS[resolution];
  const { lib, types, globals } = ENVIRONMENTS[environment]!;
  const config = join(
    CONSUMER,
    `tsconfig-${compiler.split('/').at(-3)}-${resolution}-${environment.replaceAll(' ', '-')}.json`,
  );
  const compilerOptions = {
    module,
    moduleResolution,
    lib,
    types,
    target: 'es2022',
    strict: true,
    noEmit: true,
    skipLibCheck: globals !== undefined,
    exactOptionalPropertyTypes: true,
  };
  const plain = types.includes('bun') ? 'uses-bun.ts' : 'uses-plain.ts';
  const files = [globals ?? 'uses.ts', plain, ...(types.includes('node') ? ['uses-node.ts'] : [])];
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  return errorsOf('node', [compiler, '-p', config, '--pretty', 'false']);
}

/** What a compiler finds in what is ours. One that does not run has an error too. */
async function errorsOf(command: string, args: readonly string[]): Promise<string[]> {
  const failure = await run(command, args, CONSUMER).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (failure === undefined) return [];
  const lines = failure.split('\n').filter((line) => /error TS\d+:/.test(line));
  return lines.length === 0 ? [failure] : lines.filter((line) => OURS.test(line));
}
