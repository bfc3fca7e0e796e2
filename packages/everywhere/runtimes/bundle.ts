import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { CACHE, CONSUMER } from '../packed.ts';

export const SUITE: string = join(CACHE, 'suite.mjs');
/** Runs the suite in a runtime that has a command line. */
export const RUNNER: string = join(CACHE, 'run-suite.mjs');

/** The suite sees the packed packages, not those of the workspace. */
const packed: Plugin = {
  name: 'packed',
  setup: ({ onResolve }) => {
    const dist = (name: string) => join(CONSUMER, 'node_modules', name, 'dist/index.js');
    onResolve({ filter: /^(?:steadfetch|@steadfetch\/core)$/ }, ({ path }) => ({ path: dist(path) }));
  },
};

/** Makes one file of the suite and the packed packages, the same for all runtimes. */
export async function bundleSuite(): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'entry.ts')],
    outfile: SUITE,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    plugins: [packed],
    logLevel: 'warning',
  });
  writeFileSync(
    RUNNER,
    `import { report } from './suite.mjs';
const [origin, refused, name] = process.argv.slice(2);
await report({ origin, refused }, name);
process.exit(0);
`,
  );
}
