// Compares what packages import and declare with the table in layers.ts, and refuses files that import each other in a circle.
// A circle of types alone is allowed: nothing runs in it.
//
//   pnpm check:layers

import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { type Import, importsOf } from './imports-of.ts';
import { LAYERS, type Layer } from './layers.ts';
import { type Manifest, type Package, publicPackages, ROOT, readPackage } from './workspace.ts';

type Name = Pick<Import, 'name' | 'typeOnly'>;

/** Every breach of the table in the workspace at `root`, one sentence each. */
export function checkLayers(root: string, layers: Record<string, Layer> = LAYERS): string[] {
  const packages = publicPackages(root);
  const names = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]));
  const missing = packages.filter(({ folder }) => !layers[folder]);
  return [
    ...missing.map(({ manifest }) => `${manifest.name} is not in scripts/layers.ts`),
    ...Object.keys(layers)
      .filter((folder) => !packages.some((one) => one.folder === folder))
      .map((folder) => `scripts/layers.ts names ${folder}, which is no package`),
    ...packages.flatMap((one) => checkPackage(one, layers[one.folder] ?? {}, names, root)),
    ...checkDeclared(readPackage(root), root, 'scripts'),
    ...globSync(['examples', 'docs', 'packages/bench', 'packages/playground'], { cwd: root }).flatMap((dir) =>
      checkDeclared(readPackage(join(root, dir)), root),
    ),
  ];
}

function checkPackage(one: Package, layer: Layer, names: Map<string, string>, root: string): string[] {
  const { dependencies = {}, peerDependencies = {}, name } = one.manifest;
  const runtime = Object.keys({ ...dependencies, ...peerDependencies });
  const declared = runtime
    .filter((dependency) => !allows(layer, names, { name: dependency, typeOnly: true }))
    .map((dependency) => `${name} must not depend on ${dependency}`);
  const imported = importsIn(one, 'src', root).flatMap(({ file, found }) => {
    if (found.name === name) return [`${file} imports its own package`];
    if (!allows(layer, names, found)) return [`${file} must not import ${found.name}${hint(layer, names, found)}`];
    if (isBuiltin(found.name) || runtime.includes(found.name)) return [];
    return [`${file} imports ${found.name}, which its package.json does not declare`];
  });
  return [
    ...declared,
    ...imported,
    ...checkDeclared(one, root, 'test'),
    ...checkRelative(one, root),
    ...checkCircles(one, root),
  ];
}

function allows(
  { packages = [], types = [], libraries = [], node = false }: Layer,
  names: Map<string, string>,
  found: Name,
): boolean {
  if (isBuiltin(found.name)) return node;
  const folder = names.get(found.name);
  if (folder === undefined) return libraries.includes(found.name);
  return packages.includes(folder) || (found.typeOnly && types.includes(folder));
}

function hint(layer: Layer, names: Map<string, string>, found: Name): string {
  return allows(layer, names, { ...found, typeOnly: true }) ? ' except for its types' : '';
}

function checkDeclared(one: Package, root: string, folder = '.'): string[] {
  const declared = declaredBy(one.manifest);
  return importsIn(one, folder, root)
    .filter(({ found }) => !isBuiltin(found.name) && !declared.has(found.name))
    .map(({ file, found }) => `${file} imports ${found.name}, which its package.json does not declare`);
}

function declaredBy({ name, dependencies, devDependencies, peerDependencies }: Manifest): Set<string> {
  return new Set([name, ...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })]);
}

function checkRelative({ dir }: Package, root: string): string[] {
  return sourcesIn(dir, 'src').flatMap((path) =>
    importsOf(path, readFileSync(path, 'utf8'))
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter(({ specifier }) => !resolve(dirname(path), specifier).startsWith(join(dir, 'src/')))
      .map(({ specifier }) => `${relative(root, path)} reaches outside its src with ${specifier}`),
  );
}

/** The first circle of values that each file is the first name of. */
function checkCircles({ dir }: Package, root: string): string[] {
  const imported = new Map(
    sourcesIn(dir, 'src').map((path) => {
      const found = importsOf(path, readFileSync(path, 'utf8')).filter(({ typeOnly }) => !typeOnly);
      return [path, found.map(({ specifier }) => resolve(dirname(path), specifier))];
    }),
  );
  const checked = new Set<string>();
  const circles: string[] = [];
  const follow = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) circles.push([...way.slice(start), path].map((file) => relative(root, file)).join(' imports '));
    if (start >= 0 || checked.has(path)) return;
    for (const next of imported.get(path) ?? []) follow(next, [...way, path]);
    checked.add(path);
  };
  for (const path of imported.keys()) follow(path, []);
  return circles.map((circle) => `${circle}, in a circle`);
}

function importsIn({ dir }: Package, folder: string, root: string): { file: string; found: Import }[] {
  return sourcesIn(dir, folder).flatMap((path) =>
    importsOf(path, readFileSync(path, 'utf8'))
      .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('/'))
      .map((found) => ({ file: relative(root, path), found })),
  );
}

function sourcesIn(dir: string, folder: string): string[] {
  const options = {
    cwd: join(dir, folder),
    exclude: (path: string) => /(^|\/)(node_modules|dist|\.snippets-\d+)$/.test(path),
  };
  return globSync('**/*.{ts,tsx,js}', options)
    .sort()
    .map((path) => join(dir, folder, path));
}

if (import.meta.main) {
  const breaches = checkLayers(ROOT);
  for (const breach of breaches) console.error(breach);
  console.log(
    breaches.length === 0 ? `${Object.keys(LAYERS).length} packages keep to the table` : `${breaches.length} breaches`,
  );
  process.exitCode = Math.min(breaches.length, 1);
}
