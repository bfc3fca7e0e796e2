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
 * Gives tests the packages as they are built, not as they are written: a bundler leaves out what it takes for unused. What a test
 * imports from the inside of a package stays the source.
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
      const isInside = source !== undefined && importer.startsWith(`${dirname(source)}/`);
      return source === undefined || isInside ? undefined : built.get(source);
    },
  };
}
