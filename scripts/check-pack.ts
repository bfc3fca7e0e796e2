// Packs every public package and looks at the tarballs as its users will: publint, attw, declarations without
// skipLibCheck, and a retry in plain Node from a folder that holds nothing but what was packed.
//
//   pnpm check:pack

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAYERS } from './layers.ts';
import { pack, unpack } from './packed.ts';
import { run } from './run.ts';
import { type Package, publicPackages, ROOT } from './workspace.ts';

function entryNames(packages: readonly Package[]): string[] {
  return packages.flatMap(({ manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([, source]) => source.endsWith('.ts'))
      .map(([subpath]) => manifest.name + subpath.slice(1)),
  );
}

/** A module that imports every entry of the packages and counts them. */
function importAll(packages: readonly Package[]): string {
  const imports = entryNames(packages).map((name, index) => `import * as entry${index} from '${name}';\n`);
  return `${imports.join('')}\nconsole.log([${imports.map((_, index) => `entry${index}`)}].length, 'entries imported');\n`;
}

function writeConsumer(consumer: string): void {
  const packages = publicPackages();
  const forNode = packages.filter(({ folder }) => LAYERS[folder]?.node);
  const forAll = packages.filter((one) => !forNode.includes(one));
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  writeFileSync(join(consumer, 'import-all.mjs'), importAll(packages));
  writeFileSync(join(consumer, 'types.ts'), importAll(forAll));
  writeFileSync(join(consumer, 'types-node.ts'), importAll(forNode));
  cpSync(join(ROOT, 'scripts/consumer'), consumer, { recursive: true });
  cpSync(join(ROOT, 'node_modules/@types'), join(consumer, 'node_modules/@types'), { recursive: true });
}

async function checkTarballs(tarballs: readonly string[]): Promise<void> {
  const left = [...tarballs];
  const work = async () => {
    for (let tarball = left.pop(); tarball; tarball = left.pop()) {
      await run('publint', ['run', tarball, '--strict']);
      await run('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color']);
    }
  };
  await Promise.all([work(), work()]);
  console.log(`publint and attw: ${tarballs.length} tarballs`);
}

const STRICT = [
  '--strict',
  '--noEmit',
  '--skipLibCheck',
  'false',
  '--exactOptionalPropertyTypes',
  '--target',
  'es2023',
];
/** The libraries of an older project template. A declaration that needs a newer one, as `ErrorOptions` does (ES2022), fails the check. */
const LIB = ['--lib', 'es2020,dom'];

async function checkDeclarations(consumer: string): Promise<void> {
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const resolve = ['--module', module, '--moduleResolution', resolution];
    await run('tsc', [...STRICT, ...LIB, ...resolve, 'types.ts'], consumer);
    await run('tsc', [...STRICT, ...LIB, ...resolve, '--types', 'node', 'types-node.ts'], consumer);
  }
  console.log('declarations: no errors without skipLibCheck');
}

const temporary = mkdtempSync(join(tmpdir(), 'steadfetch-pack-'));
try {
  const consumer = join(temporary, 'consumer');
  mkdirSync(join(consumer, 'node_modules'), { recursive: true });
  const tarballs = pack(join(temporary, 'tarballs'));
  await checkTarballs(tarballs);
  unpack(tarballs, consumer);
  writeConsumer(consumer);
  await checkDeclarations(consumer);
  for (const script of ['import-all.mjs', 'require.cjs', 'retry.mjs'])
    console.log((await run('node', [script], consumer)).trim());
  const inServer = await run('node', ['--conditions=react-server', 'import-all.mjs'], consumer);
  console.log('in server components:', inServer.trim());
} catch (error) {
  process.exitCode = 1;
  console.error((error as Error).message);
} finally {
  rmSync(temporary, { recursive: true });
}
