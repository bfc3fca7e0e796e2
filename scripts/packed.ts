// The packages as they are published.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { absoluteLinks } from './absolute-links.ts';
import { type Package, publicPackages, ROOT } from './workspace.ts';

/**
 * Builds nothing: packs each public package, and returns the tarballs. The links of a README are made absolute: npm shows it
 * without the repository around it.
 */
export function pack(into: string): string[] {
  const filters = publicPackages().flatMap(({ manifest }) => ['--filter', manifest.name]);
  execFileSync('npx', ['-y', 'pnpm@12.21.0', '-r', ...filters, 'pack', '--pack-destination', into], { cwd: ROOT });
  const tarballs = readdirSync(into).map((file) => join(into, file));
  for (const tarball of tarballs) rewriteReadme(tarball);
  return tarballs;
}

function rewriteReadme(tarball: string): void {
  const unpacked = mkdtempSync(join(dirname(tarball), '.unpacked-'));
  execFileSync('tar', ['-xzf', tarball, '-C', unpacked]);
  const { name } = JSON.parse(readFileSync(join(unpacked, 'package/package.json'), 'utf8')) as { name: string };
  const { folder } = publicPackages().find(({ manifest }) => manifest.name === name)!;
  const readme = join(unpacked, 'package/README.md');
  writeFileSync(readme, absoluteLinks(`packages/${folder}/README.md`, readFileSync(readme, 'utf8')));
  execFileSync('tar', ['-czf', tarball, '-C', unpacked, 'package']);
  rmSync(unpacked, { recursive: true });
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
