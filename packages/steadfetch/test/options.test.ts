import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fieldsOf, OPTIONS } from '../src/options.ts';

const PACKAGES = join(import.meta.dirname, '../..');
const sources = globSync('*/src/**/*.ts', { cwd: PACKAGES }).map((path) => join(PACKAGES, path));

/** `@default` of each member of an interface, also of the one that it extends. */
function documented(name: string): Map<string, string> {
  for (const path of sources) {
    const text = readFileSync(path, 'utf8');
    const found = text.match(new RegExp(`export interface ${name}(?: extends (\\w+))? \\{\\n(.*?)\\n\\}`, 's'));
    if (!found) continue;
    const defaults = found[1] ? documented(found[1]) : new Map<string, string>();
    for (const [, comment, member] of found[2]!.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*(\w+)\??[:(]/gs)) {
      const text = comment!.replace(/\s*\n\s*\* ?/g, ' ');
      const said = text.match(/@default (.*)$/s)?.[1]?.trim();
      if (said !== undefined) defaults.set(member!, said);
    }
    return defaults;
  }
  throw new Error(`no interface ${name}`);
}

/** The value that a `@default` names, if it is one: a number, a word in quotes, a list. */
function literalOf(said: string | undefined): unknown {
  const literal = said?.match(/^(?:-?[\d._]+|true|false|'[^']*'|\[[^\]]*\])(?=,? or |$)/)?.[0];
  return literal === undefined ? undefined : new Function(`return (${literal})`)();
}

describe.each(Object.entries(OPTIONS))('the options of %s', (owner, table) => {
  const interfaceName = `${owner[0]!.toUpperCase()}${owner.slice(1)}${owner === 'timeout' ? 'Limits' : 'Options'}`;
  const defaults = documented(interfaceName);

  it.each(Object.entries(table))('%s has the default that its docstring names', (name, { default: value }) => {
    const said = defaults.get(name);
    const isWord = Object(value) !== value || (Array.isArray(value) && value.length > 0);
    // a default that depends on another option is only in the code
    const depends = value === undefined && / or /.test(said ?? '');
    if (isWord && !depends) expect(literalOf(said)).toEqual(value);
  });

  it('is in the README as it is in the table', () => {
    const package_ = sources.find((path) => readFileSync(path, 'utf8').includes(`export interface ${interfaceName}`))!;
    const readme = readFileSync(package_.replace(/\/src\/.*/, '/README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([\w.]+)`[^|]*\| `([^`|]*)`([^|]*)\|/gm)];
    for (const [, name, literal] of rows) {
      const value = table[name!]?.default;
      if (typeof value === 'number' && literalOf(literal) !== undefined)
        expect.soft(`${name} ${literalOf(literal)}`).toBe(`${name} ${value}`);
    }
  });
});

it('names each option as a field of a form', () => {
  const fields = (owner: string) => Object.fromEntries(fieldsOf(OPTIONS[owner]!).map((field) => [field.name, field]));

  expect(fields('retryBudget').rideOut).toEqual({
    name: 'rideOut',
    kind: 'ms',
    default: 350,
    min: 0,
    max: 2_147_483_647,
  });
  expect(fields('retryBudget').maxKeys).toMatchObject({ kind: 'integer', min: 1, max: 1_000_000 });
  expect(fields('concurrency').maxQueue).toMatchObject({ kind: 'integer', min: 0, max: Infinity });
  expect(fields('breaker').openFor).toMatchObject({ kind: 'ms', default: 1_000, min: 1 });
  expect(fields('retry').maxRetries).toMatchObject({ kind: 'integer', default: 2 });
  expect(fields('retry').networkErrors).toEqual({ name: 'networkErrors', kind: 'boolean', default: true });
  expect(fields('retry').inspect).toEqual({ name: 'inspect', kind: 'function' });
  expect(fields('idempotencyKey').format).toMatchObject({ kind: 'choice', values: ['quoted', 'raw'] });
  expect(fields('retry').hooks).toMatchObject({ kind: 'other' });
});
