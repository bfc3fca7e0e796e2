import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** An engine without Unicode tables cannot load a file with one, and a build that translates it adds up to 8 kB for each. */
it('has no property escapes of Unicode in regular expressions', () => {
  const packages = join(import.meta.dirname, '../..');
  const sources = globSync('*/src/**/*.ts', { cwd: packages, exclude: ['{bench,site,playground}/**'] });

  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter((file) => /\/.*\\p\{\w+\}.*\/\w*u/.test(readFileSync(join(packages, file), 'utf8')))).toEqual(
    [],
  );
});
