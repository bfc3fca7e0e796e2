import { describe, expect, it } from 'vitest';
import { faultsOf, withMetadata } from '../metadata.ts';
import { isPlaceholder, REPOSITORY } from '../project.ts';
import type { Package } from '../workspace.ts';

function packageWith(fields: object): Package {
  const manifest = {
    name: '@steadfetch/retry',
    version: '0.0.0',
    description: 'Repeats.',
    sideEffects: false,
    ...fields,
  };
  return { folder: 'retry', dir: '/retry', manifest };
}

describe('withMetadata', () => {
  it('sets what all packages share, and leaves the rest', () => {
    const fields = withMetadata(packageWith({ exports: { '.': './src/index.ts' } }));

    expect(fields).toMatchObject({
      repository: { url: `git+${REPOSITORY}.git`, directory: 'packages/retry' },
      bugs: `${REPOSITORY}/issues`,
      license: 'MIT',
      exports: { '.': './src/index.ts' },
    });
    expect(Object.keys(fields).slice(0, 3)).toEqual(['name', 'version', 'description']);
  });

  it('depends on our own packages with a caret, and on others as they are', () => {
    const { dependencies } = withMetadata(packageWith({ dependencies: { a: 'workspace:*', b: '9.0.0' } }));

    expect(dependencies).toEqual({ a: 'workspace:^', b: '9.0.0' });
  });
});

describe('faultsOf', () => {
  const good = { files: ['dist'], engines: { node: '>=22' } };

  it('accepts a peer with an upper bound, and no other', () => {
    expect(faultsOf(packageWith({ ...good, peerDependencies: { ky: '^2.1.0', msw: '>=3 <4' } }))).toEqual([]);
    expect(faultsOf(packageWith({ ...good, peerDependencies: { ky: '>=2', msw: '*' } }))).toHaveLength(2);
  });

  it('names what a published package lacks', () => {
    expect(faultsOf(packageWith({ sideEffects: true, description: 'No sentence' }))).toEqual([
      'packages/retry/package.json: "sideEffects" is not false',
      'packages/retry/package.json: "files" has no dist',
      'packages/retry/package.json: no "engines"',
      'packages/retry/package.json: "description" is not a sentence',
    ]);
  });
});

describe('isPlaceholder', () => {
  it('knows the domain that leads nowhere', () => {
    expect(['https://git.example/a', 'https://example.com/a'].map(isPlaceholder)).toEqual([true, false]);
  });
});
