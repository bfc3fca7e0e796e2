import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldsOf, OPTIONS } from 'steadfetch/options';
import { NAMES } from '../src/model/scope.ts';
import type { OptionData } from '../src/page/option-data.ts';

const PACKAGES = join(import.meta.dirname, '../..');
/** What forms and completion need of the option tables: the page has no second copy of the packages. */
export function readOptionData(): OptionData {
  const docs = readDocs();
  const options = Object.entries(OPTIONS).map(([name, table]) => {
    const fields = fieldsOf(table).map(({ default: value, max, ...field }) => ({
      ...field,
      ...(max !== undefined && max < Infinity ? { max } : {}),
      ...(isLiteral(value) ? { default: value } : {}),
      ...(docs[name]?.[field.name] === undefined ? {} : { about: docs[name]![field.name]! }),
    }));
    return [name, fields];
  });
  return { names: NAMES, options: Object.fromEntries(options) };
}

/** Some defaults are functions or objects, which only the packages have. */
function isLiteral(value: unknown): boolean {
  return value !== undefined && (Object(value) !== value || (Array.isArray(value) && value.every(isLiteral)));
}

/** Docstrings, from the interfaces `RetryOptions`, `TimeoutLimits` and so on, with what they extend. */
function readDocs(): Record<string, Record<string, string>> {
  const interfaces = new Map<string, { parent: string | undefined; docs: Record<string, string> }>();
  for (const path of globSync('*/src/**/*.ts', { cwd: PACKAGES })) {
    const text = readFileSync(join(PACKAGES, path), 'utf8');
    for (const [, name, parent, body] of text.matchAll(
      /export interface (\w+)(?:Options|Limits)(?: extends (\w+?)Options)? \{\n(.*?)\n\}/gs,
    )) {
      interfaces.set(lower(name!), { parent: parent && lower(parent), docs: docsIn(body!) });
    }
  }
  return Object.fromEntries(
    Array.from(interfaces, ([name, { parent, docs }]) => [
      name,
      { ...(parent === undefined ? {} : interfaces.get(parent)?.docs), ...docs },
    ]),
  );
}

function docsIn(body: string): Record<string, string> {
  const docs: Record<string, string> = {};
  for (const [, comment, name] of body.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*(\w+)\??[:(]/gs)) {
    const text = comment!.replace(/\s*\n\s*\* ?/g, ' ').replace(/@default.*$/s, '');
    docs[name!] = text.replaceAll('`', '').trim();
  }
  return docs;
}

function lower(name: string): string {
  return `${name[0]!.toLowerCase()}${name.slice(1)}`;
}
