import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'tsdown';
import { afterEach, expect, it } from 'vitest';

const outDir = mkdtempSync(join(tmpdir(), 'steadfetch-build-'));

afterEach(() => rmSync(outDir, { recursive: true }));

it('builds a parser that still voids a text whose escapes are no UTF-8', async () => {
  const entry = new URL('../../packages/server-hints/src/index.ts', import.meta.url).pathname;
  await build({ config: false, entry, outDir, format: 'esm', platform: 'neutral', dts: false, logLevel: 'error' });
  const { parseRateLimit } = await import(join(outDir, 'index.js'));

  expect(parseRateLimit('"default";r=1;x=%"%c3%bc"')).toEqual([{ name: 'default', r: 1 }]);
  expect(parseRateLimit('"default";r=1;x=%"%c3%28"')).toBeUndefined();
});
