import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

/** The packages that an entry loads, itself or by what it imports, and the code of its own. */
function loadedBy(entry: string): { packages: string[]; code: string } {
  const files = new Set([fileURLToPath(new URL(`../src/${entry}.ts`, import.meta.url))]);
  const packages = new Set<string>();
  let code = '';
  for (const file of files) {
    const source = readFileSync(file, 'utf8').replace(/^(?:im|ex)port type [^;]*;$/gm, '');
    code += source;
    for (const [, name] of source.matchAll(/^(?:.*\} from|import) '([^']+)';$/gm)) {
      if (name!.startsWith('.')) files.add(fileURLToPath(new URL(name!, `file://${file}`)));
      else packages.add(name!.replace(/^(@\w+\/\w+)\/kit$/, '$1'));
    }
  }
  return { packages: [...packages].sort(), code };
}

describe('the entries', () => {
  it.each([
    ['index', ['@steadfetch/core']],
    ['msw', ['@steadfetch/core', 'msw']], // msw 2 has no msw/http
    ['server', ['@steadfetch/core']],
    ['simulation', ['@steadfetch/core']],
  ])('load only what they need: %s', (entry, packages) => {
    expect(loadedBy(entry).packages).toEqual(packages);
  });

  it('can be loaded by Jest without ES modules and by Metro, with the fake fetch and the clocks', async () => {
    expect(await import('../src/server.ts')).toMatchObject({
      fakeFetch: expect.any(Function),
      instantClock: expect.any(Function),
      manualClock: expect.any(Function),
    });
    // neither knows an await outside of a function, and Metro no import whose name is not written there
    expect(loadedBy('index').code).toMatch(/^\S.*\bawait\b.*;$/m);
    for (const entry of ['server', 'simulation'])
      expect(loadedBy(entry).code).not.toMatch(/^\S.*\bawait\b.*;$|\bimport\(/m);
  });

  it('can be loaded where there is no TextEncoder, as in Jest with jsdom', async () => {
    vi.resetModules();
    vi.stubGlobal('TextEncoder', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());

    expect(await import('../src/index.ts')).toHaveProperty('fakeFetch');
  });

  it('can be installed beside older runners and mocks: npm refuses a peer of another version, also an optional one', () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

    expect(manifest.peerDependencies).toEqual({ msw: '>=2.4 <4', vitest: '>=1 <6' });
  });
});
