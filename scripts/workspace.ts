// The packages of this workspace, as their manifests tell them.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  exports?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

export interface Package {
  /** The name of the folder, e.g. `retry`. */
  folder: string;
  dir: string;
  manifest: Manifest;
}

export const ROOT: string = dirname(import.meta.dirname);

export function readPackages(root: string = ROOT): Package[] {
  return globSync('packages/*/package.json', { cwd: root })
    .sort()
    .map((path) => readPackage(join(root, dirname(path))));
}

export function readPackage(dir: string): Package {
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;
  return { folder: dir.slice(dirname(dir).length + 1), dir, manifest };
}

export function publicPackages(root: string = ROOT): Package[] {
  return readPackages(root).filter(({ manifest }) => !manifest.private);
}

/** `{ index: './src/index.ts' }`: what is built, and what its files in `dist` are called. */
export function entriesOf({ dir, manifest }: Package): Record<string, string> {
  const sources = Object.values(manifest.exports ?? {}).filter((path) => /^\.\/src\/.*\.ts$/.test(path));
  for (const source of sources) {
    if (!existsSync(join(dir, source))) throw new Error(`${manifest.name} exports ${source}, which does not exist`);
  }
  return Object.fromEntries(sources.map((source) => [source.slice('./src/'.length, -'.ts'.length), source]));
}
