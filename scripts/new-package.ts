// Starts a package from template/: a middleware that does nothing yet, its contract test, its README, its rows in the
// table of layers and among the sizes.
//
//   pnpm new-package NAME ["What it does, in one sentence."]

import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './workspace.ts';

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Writes `packages/NAME` and the two rows below `root`; gives the folder. */
export function newPackage(root: string, name: string, description = 'Says here what it does.'): string {
  const dir = join(root, 'packages', name);
  if (!NAME.test(name)) throw new RangeError(`a package is named in lower case and dashes, not "${name}"`);
  if (existsSync(dir)) throw new RangeError(`packages/${name} exists`);
  const camel = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const fill = (text: string): string =>
    text.replaceAll('__NAME__', name).replaceAll('__CAMEL__', camel).replaceAll('__DESCRIPTION__', description);
  const files = globSync('**/*.*', { cwd: join(ROOT, 'template') });
  for (const file of files) {
    mkdirSync(dirname(join(dir, fill(file))), { recursive: true });
    writeFileSync(join(dir, fill(file)), fill(readFileSync(join(ROOT, 'template', file), 'utf8')));
  }
  addLayer(join(root, 'scripts/layers.ts'), name);
  addSize(join(root, '.size-limit.json'), name, camel);
  return dir;
}

function addLayer(path: string, name: string): void {
  const key = name.includes('-') ? `'${name}'` : name;
  const table = readFileSync(path, 'utf8').replace(/\n\};\n$/, `\n  ${key}: { packages: ['core'] },\n};\n`);
  writeFileSync(path, table);
}

function addSize(path: string, name: string, camel: string): void {
  const rows = JSON.parse(readFileSync(path, 'utf8')) as object[];
  const source = `packages/${name}/dist/index.js`;
  const row = { name: `@steadfetch/${name}`, path: source, import: `{ ${camel} }`, gzip: true };
  writeFileSync(path, `${JSON.stringify([...rows, row], null, 2)}\n`);
}

if (import.meta.main) {
  const [name = '', description] = process.argv.slice(2);
  newPackage(ROOT, name, description);
  spawnSync('biome', ['check', '--write', '--colors=off', `packages/${name}`, '.size-limit.json', 'scripts/layers.ts']);
  console.log(`packages/${name} is there. What is left to do:
  npx -y pnpm@12.21.0 install
  the middleware, its tests and its README
  an example in examples/, an export and a dependency in packages/steadfetch
  its size: npx -y pnpm@12.21.0 check:size --update
  a changeset: pnpm changeset`);
}
