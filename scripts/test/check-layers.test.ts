import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLayers } from '../check-layers.ts';
import { importsOf } from '../imports-of.ts';

const LAYERS = {
  core: {},
  jitter: { types: ['core'] },
  retry: { packages: ['core'], libraries: ['p-retry'] },
  testing: { packages: ['core'], node: true },
};

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'layers-'));
  plant('package.json', '{ "name": "workspace" }');
  for (const folder of Object.keys(LAYERS)) plantManifest(folder, {});
});

afterEach(() => rmSync(root, { recursive: true }));

describe('checkLayers', () => {
  it('finds nothing in a workspace that keeps to the table', () => {
    plantManifest('retry', { dependencies: { '@x/core': '*', 'p-retry': '9' } });
    plant('packages/retry/src/index.ts', `import { a } from '@x/core';\nimport p from 'p-retry';\nimport './b.ts';`);
    plant('packages/testing/src/index.ts', `import { createServer } from 'node:http';`);

    expect(checkLayers(root, LAYERS)).toEqual([]);
  });

  it('refuses an import that the table does not allow, declared or not', () => {
    plantManifest('core', { dependencies: { '@x/retry': '*' } });
    plant('packages/core/src/index.ts', `export { retry } from '@x/retry';`);

    expect(checkLayers(root, LAYERS)).toEqual([
      '@x/core must not depend on @x/retry',
      'packages/core/src/index.ts must not import @x/retry',
    ]);
  });

  it.each([
    ['a library', `import ky from 'ky';`, 'must not import ky'],
    ['a module of Node', `import fs from 'node:fs';`, 'must not import node:fs'],
    ['a module of Node without its prefix', `import fs from 'fs';`, 'must not import fs'],
    ['a dynamic import', `await import('ky');`, 'must not import ky'],
    ['a type', `export type A = import('ky').Hooks;`, 'must not import ky'],
    ['the neighbour by a path', `import '../../core/src/a.ts';`, 'reaches outside its src with ../../core/src/a.ts'],
    ['itself by name', `import '@x/retry';`, 'imports its own package'],
    ['what is not declared', `import '@x/core';`, 'imports @x/core, which its package.json does not declare'],
  ])('refuses %s', (_, source, breach) => {
    plant('packages/retry/src/index.ts', source);

    expect(checkLayers(root, LAYERS)).toEqual([`packages/retry/src/index.ts ${breach}`]);
  });

  it('refuses files that import each other in a circle, but for types', () => {
    plant('packages/core/src/a.ts', `import { b } from './b.ts';\nexport const a = b;`);
    plant(
      'packages/core/src/b.ts',
      `import type { a } from './a.ts';\nimport { c } from './c.ts';\nexport const b = c;`,
    );
    plant('packages/core/src/c.ts', `export const c = 1;`);
    expect(checkLayers(root, LAYERS)).toEqual([]);

    plant('packages/core/src/c.ts', `import { b } from './b.ts';\nexport const c = b;`);
    expect(checkLayers(root, LAYERS)).toEqual([
      'packages/core/src/b.ts imports packages/core/src/c.ts imports packages/core/src/b.ts, in a circle',
    ]);
  });

  it('lets only types through where the table says so', () => {
    plantManifest('jitter', { dependencies: { '@x/core': '*' } });
    plant('packages/jitter/src/types.ts', `import type { A } from '@x/core';\nexport { type B } from '@x/core';`);
    plant('packages/jitter/src/value.ts', `import { type A, b } from '@x/core';`);

    expect(checkLayers(root, LAYERS)).toEqual([
      'packages/jitter/src/value.ts must not import @x/core except for its types',
    ]);
  });

  it('lets tests import whatever is declared, and nothing else', () => {
    plantManifest('core', { devDependencies: { vitest: '*' } });
    plant(
      'packages/core/test/a.test.ts',
      `import { it } from 'vitest';\nimport '@x/core';\nimport fc from 'fast-check';`,
    );

    expect(checkLayers(root, LAYERS)).toEqual([
      'packages/core/test/a.test.ts imports fast-check, which its package.json does not declare',
    ]);
  });

  it('looks at the scripts too, and at pages', () => {
    plant('scripts/a.ts', `import ky from 'ky';`);
    plant('packages/core/src/b.tsx', `import react from 'react';`);

    expect(checkLayers(root, LAYERS)).toEqual([
      'packages/core/src/b.tsx must not import react',
      'scripts/a.ts imports ky, which its package.json does not declare',
    ]);
  });

  it('asks for one row per package', () => {
    plantManifest('hedge', {});

    expect(checkLayers(root, { ...LAYERS, gone: {} })).toEqual([
      '@x/hedge is not in scripts/layers.ts',
      'scripts/layers.ts names gone, which is no package',
    ]);
  });
});

describe('importsOf', () => {
  it('is not misled by comments and text', () => {
    const source = '// import "a";\n/* import "b"; */\nconst c = `import "c"`;\nconst d = "/*";\nimport "e";';

    expect(importsOf('a.ts', source)).toEqual([{ specifier: 'e', name: 'e', typeOnly: false }]);
  });

  it('names the package behind a subpath', () => {
    const names = importsOf('a.ts', `import '@x/testing/msw';\nimport 'msw/node';`).map(({ name }) => name);

    expect(names).toEqual(['@x/testing', 'msw']);
  });
});

function plantManifest(folder: string, manifest: object): void {
  plant(`packages/${folder}/package.json`, JSON.stringify({ name: `@x/${folder}`, ...manifest }));
}

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
