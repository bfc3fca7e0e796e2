import { dirname, resolve } from 'node:path';
import type { Plugin } from 'vitest/config';
import { entriesOf, publicPackages } from './workspace.ts';

/** `/packages/retry/src/index.ts` -> `/packages/retry/dist/index.js`, for each entry of each public package. */
function builtFiles(): Map<string, string> {
  const files = publicPackages().flatMap((one) =>
    Object.entries(entriesOf(one)).map(([name, source]): [string, string] => [
      resolve(one.dir, source),
      resolve(one.dir, 'dist', `${name}.js`),
    ]),
  );
  return new Map(files);
}

/**
 * Gives tests the packages as they are built, not as they are written: a bundler leaves out what it takes for unused. The source stays
 * what a test imports from the inside of a package, and what runs in a process that a test starts.
 */
export function builtPackages(): Plugin {
  const built = builtFiles();
  return {
    name: 'built-packages',
    enforce: 'pre',
    async resolveId(id, importer, options) {
      if (!importer) return undefined;
      const source = id.startsWith('.')
        ? resolve(dirname(importer), id)
        : (await this.resolve(id, importer, { ...options, skipSelf: true }))?.id;
      return source === undefined ? undefined : built.get(source);
    },
    load(id) {
      if (built.has(id)) throw new Error(`${id} would be tested as it is written, in place of ${built.get(id)}`);
    },
  };
}
