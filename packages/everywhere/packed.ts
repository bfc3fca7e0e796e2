// The packages as they are published, in a folder that has nothing of the workspace.
//
//   node packages/everywhere/packed.ts      builds and packs them anew
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack, unpack } from '../../scripts/packed.ts';
import { run } from '../../scripts/run.ts';

export const CACHE: string = join(import.meta.dirname, '.cache');
export const TARBALLS: string = join(CACHE, 'tarballs');
/** Its `node_modules` holds every package, and their libraries. */
export const CONSUMER: string = join(CACHE, 'consumer');

/** Builds, packs and unpacks all packages. */
export async function packAnew(): Promise<void> {
  await run('node', ['scripts/build.ts']);
  rmSync(CACHE, { recursive: true, force: true });
  mkdirSync(join(CONSUMER, 'node_modules'), { recursive: true });
  unpack(pack(TARBALLS), CONSUMER);
  writeFileSync(join(CONSUMER, 'package.json'), JSON.stringify({ type: 'module', private: true }));
}

export function tarballs(): string[] {
  return readdirSync(TARBALLS).map((file) => join(TARBALLS, file));
}

if (import.meta.main) {
  await packAnew();
  console.log(`${tarballs().length} packages packed`);
}
