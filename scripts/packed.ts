// The packages as they are published.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Package, publicPackages, ROOT } from './workspace.ts';

/** Builds nothing: packs each public package as it is, and returns the tarballs. */
export function pack(into: string): string[] {
  const filters = publicPackages().flatMap(({ manifest }) => ['--filter', manifest.name]);
  execFileSync('npx', ['-y', 'pnpm@12.21.0', '-r', ...filters, 'pack', '--pack-destination', into], { cwd: ROOT });
  return readdirSync(into).map((file) => join(into, file));
}

/** Tarballs go into node_modules as they are, libraries as links to where this workspace has them. */
export function unpack(tarballs: readonly string[], consumer: string): void {
  const modules = join(consumer, 'node_modules');
  for (const tarball of tarballs) {
    const unpacked = mkdtempSync(join(consumer, 'unpacked-'));
    execFileSync('tar', ['-xzf', tarball, '-C', unpacked]);
    const { name } = JSON.parse(readFileSync(join(unpacked, 'package/package.json'), 'utf8')) as { name: string };
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    cpSync(join(unpacked, 'package'), join(modules, name), { recursive: true });
    rmSync(unpacked, { recursive: true });
  }
  for (const one of publicPackages()) linkLibraries(one, modules);
}

function linkLibraries({ dir, manifest }: Package, modules: string): void {
  const libraries = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  for (const library of libraries.filter((name) => !readdirSync(modules).includes(name.split('/')[0]!))) {
    mkdirSync(dirname(join(modules, library)), { recursive: true });
    symlinkSync(join(dir, 'node_modules', library), join(modules, library));
  }
}
