import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Middleware, Random } from '../src/index.ts';
import * as umbrella from '../src/index.ts';
import * as kit from '../src/kit.ts';

const PACKAGES = {
  backoff: () => import('@steadfetch/backoff'),
  'buffer-body': () => import('@steadfetch/buffer-body'),
  'circuit-breaker': () => import('@steadfetch/circuit-breaker'),
  concurrency: () => import('@steadfetch/concurrency'),
  core: () => import('@steadfetch/core'),
  'idempotency-key': () => import('@steadfetch/idempotency-key'),
  jitter: () => import('@steadfetch/jitter'),
  'rate-limit': () => import('@steadfetch/rate-limit'),
  retry: () => import('@steadfetch/retry'),
  'retry-budget': () => import('@steadfetch/retry-budget'),
  'retry-log': () => import('@steadfetch/retry-log'),
  'server-hints': () => import('@steadfetch/server-hints'),
  timeout: () => import('@steadfetch/timeout'),
};

/** Type names that two packages export, and the package whose type the umbrella exports. */
const SHARED = {
  Permit: 'retry',
  Rule: 'retry',
};

const indexOf = (name: string, entry = 'index') =>
  readFileSync(new URL(`../../${name}/src/${entry}.ts`, import.meta.url), 'utf8');

/** The names that an index exports, with types. What it re-exports from another package is left out. */
function namesIn(index: string): string[] {
  const lists = [...index.matchAll(/export (?:type )?\{([^}]*)\}(?! from '@)/g)].flatMap(([, list]) =>
    list!.split(','),
  );
  return lists.map((name) => name.trim().replace(/^type /, '')).filter((name) => name !== '');
}

const readmeOf = (name: string) => readFileSync(new URL(`../../${name}/README.md`, import.meta.url), 'utf8');

/** The exported values that the README of the package does not name. */
function unnamed(name: string, values: object): string[] {
  const readme = readmeOf(name);
  return Object.keys(values).filter((value) => !new RegExp(`\\b${value}\\b`).test(readme));
}

describe('a README', () => {
  it.each(Object.entries(PACKAGES))('of %s names each value that it exports', async (name, load) => {
    expect(unnamed(name, await load())).toEqual([]);
  });

  it('of the umbrella does too, and there are few', () => {
    expect(unnamed('steadfetch', umbrella)).toEqual([]);
    expect(Object.keys(umbrella).length).toBeLessThanOrEqual(48);
  });
});

describe('steadfetch', () => {
  it.each(Object.entries(PACKAGES))('exports the types of %s, and every value in its kit', async (name, load) => {
    const values: Record<string, unknown> = await load();

    expect(Object.keys(values).length).toBeGreaterThan(0);
    for (const [value, made] of Object.entries(values)) expect(kit).toHaveProperty(value, made);
    expect(indexOf('steadfetch')).toContain(`export type * from '@steadfetch/${name}';`);
    expect(indexOf('steadfetch', 'kit')).toContain(`export * from '@steadfetch/${name}';`);
  });

  it('exports few values, which are those of its packages', () => {
    const { standard, ...rest } = umbrella;

    expect(standard).toBeTypeOf('function');
    for (const [name, value] of Object.entries(rest)) expect(kit).toHaveProperty(name, value);
  });

  it('names each type and value that two packages export, since a star drops those in silence', () => {
    const owners = new Map<string, string[]>();
    for (const owner of Object.keys(PACKAGES)) {
      for (const name of namesIn(indexOf(owner))) owners.set(name, [...(owners.get(name) ?? []), owner]);
    }

    const shared = [...owners].filter(([, names]) => names.length > 1).map(([name]) => name);

    expect(shared.sort()).toEqual(Object.keys(SHARED).sort());
    for (const [name, owner] of Object.entries(SHARED)) {
      const named = new RegExp(`export type \\{[^}]*\\b${name}\\b[^}]*\\} from '@steadfetch/${owner}'`);
      for (const entry of ['index', 'kit']) expect(indexOf('steadfetch', entry)).toMatch(named);
    }
  });

  it('has the types that one package passes on from another', () => {
    expectTypeOf<Random>().toEqualTypeOf<import('@steadfetch/core').Random>();
    expectTypeOf<Random>().toEqualTypeOf<import('@steadfetch/jitter').Random>();
    expectTypeOf<Middleware>().toEqualTypeOf<import('@steadfetch/retry').Middleware>();
  });
});
