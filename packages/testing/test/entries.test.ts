import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The packages that an entry loads, itself or by what it imports. */
function packagesOf(entry: string): string[] {
  const files = new Set([fileURLToPath(new URL(`../src/${entry}.ts`, import.meta.url))]);
  const packages = new Set<string>();
  for (const file of files) {
    const source = readFileSync(file, 'utf8').replace(/^(?:im|ex)port type [^;]*;$/gm, '');
    for (const [, name] of source.matchAll(/^(?:.*\} from|import) '([^']+)';$/gm)) {
      if (name!.startsWith('.')) files.add(fileURLToPath(new URL(name!, `file://${file}`)));
      else packages.add(name!.replace(/^(@\w+\/\w+)\/kit$/, '$1'));
    }
  }
  return [...packages].sort();
}

describe('the entries', () => {
  it.each([
    ['index', ['@steadfetch/core']],
    ['msw', ['@steadfetch/core', 'msw/http']],
    ['server', ['@steadfetch/core']],
    ['simulation', ['@steadfetch/core']],
  ])('load only what they need: %s', (entry, packages) => {
    expect(packagesOf(entry)).toEqual(packages);
  });
});
