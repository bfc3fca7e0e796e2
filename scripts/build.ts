// Builds every public package into its dist folder: ESM and declarations, one file per entry of its exports.
//
//   pnpm build [FOLDER...]

import { join } from 'node:path';
import { build } from 'tsdown';
import { entriesOf, type Package, publicPackages, ROOT } from './workspace.ts';

async function buildPackage(one: Package): Promise<void> {
  await build({
    config: false,
    cwd: one.dir,
    entry: entriesOf(one),
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    tsconfig: join(ROOT, 'tsconfig.build.json'),
    dts: true,
    clean: true,
    fixedExtension: false,
    logLevel: 'warn',
  }).catch((error: Error) => {
    process.exitCode = 1;
    console.error(`${one.manifest.name}: ${error.message.replace(/^ {4}at .*\n?/gm, '')}`);
  });
}

const wanted = process.argv.slice(2);
const packages = publicPackages().filter(({ folder }) => wanted.length === 0 || wanted.includes(folder));
const startedAt = performance.now();
await Promise.all(packages.map(buildPackage));
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
console.log(`${packages.length} packages ${process.exitCode ? 'tried' : 'built'} in ${seconds} s`);
