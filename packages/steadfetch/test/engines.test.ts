import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** An engine without the tables of Unicode loads no file that has one, and a build that translates them makes up to 8 kB of each. */
it('has no property escapes of Unicode in regular expressions', () => {
  const packages = join(import.meta.dirname, '../..');
  const sources = globSync('*/src/**/*.ts', { cwd: packages, exclude: ['{bench,site,playground}/**'] });

  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter((file) => /\/.*\\p\{\w+\}.*\/\w*u/.test(readFileSync(join(packages, file), 'utf8')))).toEqual(
    [],
  );
});
