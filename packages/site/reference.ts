// The reference of a package, from its built declarations: each export with its docstring and its signature. What entries share,
// which the build puts into a file of its own, is followed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { entriesOf, type Package } from '../../scripts/workspace.ts';

interface Declared {
  readonly kind: Kind;
  readonly name: string;
  readonly doc: string;
  readonly code: string;
}

type Kind = (typeof KINDS)[number];
const KINDS = ['Functions', 'Classes', 'Constants', 'Types'] as const;

const KIND_OF: Readonly<Record<string, Kind>> = {
  TSDeclareFunction: 'Functions',
  ClassDeclaration: 'Classes',
  VariableDeclaration: 'Constants',
  TSInterfaceDeclaration: 'Types',
  TSTypeAliasDeclaration: 'Types',
};

/** The page of a package, as Markdown. */
export function referenceOf(one: Package): string {
  const { name } = one.manifest;
  const entries = Object.keys(entriesOf(one)).map((entry) => {
    const title = entry === 'index' ? name : `${name}/${entry}`;
    return `## ${title}\n\n${entryOf(join(one.dir, 'dist'), `${entry}.d.ts`, title)}`;
  });
  return `# API of ${name}\n\nWhat can be imported, from the declarations of the package.\n\n${entries.join('\n')}`;
}

function entryOf(dist: string, file: string, title: string): string {
  const { exported, declared, reexported } = moduleOf(dist, file);
  const own = declared.filter(({ name }) => exported.has(name));
  const groups = KINDS.map((kind) => [kind, own.filter((one) => one.kind === kind)] as const).filter(
    ([, members]) => members.length > 0,
  );
  const again =
    reexported.length > 0 ? `Everything of ${reexported.map((from) => `\`${from}\``).join(', ')} as well.\n\n` : '';
  return again + groups.map(([kind, members]) => groupOf(kind, members, title)).join('\n');
}

function groupOf(kind: Kind, members: readonly Declared[], title: string): string {
  const sorted = members.toSorted((a, b) => a.name.localeCompare(b.name));
  const heading = kind === 'Types' ? `**Types of ${title}**\n\n` : '';
  return (
    heading +
    sorted
      .map(({ name, doc, code }) => {
        const shown = kind === 'Functions' ? `${name}()` : name;
        return `### ${shown}\n\n${proseOf(doc)}\`\`\`ts\n${code}\n\`\`\`\n`;
      })
      .join('\n')
  );
}

interface Module {
  readonly exported: ReadonlySet<string>;
  readonly declared: readonly Declared[];
  /** Packages of which everything is exported again. */
  readonly reexported: readonly string[];
}

function moduleOf(dist: string, file: string): Module {
  const path = join(dist, file);
  const text = readFileSync(path, 'utf8');
  const { program, comments } = parseSync(path, text);
  const exported = new Set<string>();
  const declared: Declared[] = [];
  const reexported: string[] = [];
  const shared: string[] = [];
  for (const statement of program.body as unknown as Statement[]) {
    const from = statement.source?.value;
    if (statement.type === 'ImportDeclaration' && from?.startsWith('./')) shared.push(from);
    else if (statement.type === 'ExportAllDeclaration' && from) reexported.push(from);
    else if (statement.type === 'ExportNamedDeclaration' && !statement.declaration) {
      for (const { exported: name } of statement.specifiers ?? []) exported.add(name.name);
    } else {
      const declaration = statement.declaration ?? statement;
      const kind = KIND_OF[declaration.type];
      const name = declaration.id?.name ?? declaration.declarations?.[0]?.id.name;
      if (!kind || !name) continue;
      if (statement.declaration) exported.add(name);
      const doc = comments.findLast(
        ({ end }) => end <= statement.start && text.slice(end, statement.start).trim() === '',
      );
      declared.push({
        kind,
        name,
        doc: doc?.value ?? '',
        code: text.slice(statement.start, statement.end).replace(/^(export )?(declare )?/, ''),
      });
    }
  }
  for (const from of shared) {
    const chunk = from.slice(2).replace(/\.js$/, '.d.ts');
    if (existsSync(join(dist, chunk))) declared.push(...moduleOf(dist, chunk).declared);
  }
  return { exported, declared, reexported };
}

interface Statement {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly source?: { readonly value: string } | null;
  readonly declaration?: Statement | null;
  readonly specifiers?: readonly { readonly exported: { readonly name: string } }[];
  readonly id?: { readonly name: string };
  readonly declarations?: readonly { readonly id: { readonly name: string } }[];
}

/** A docstring as Markdown. */
function proseOf(doc: string): string {
  const text = doc
    .replace(/^\*\s?/, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .trim();
  if (text === '') return '';
  const [about = '', ...tags] = text.split(/^@/m);
  const parts = tags.map((tag) => {
    const [, name, rest = ''] = /^(\w+)\s*([\s\S]*)$/.exec(tag.trim()) ?? [];
    if (name === 'example') return `\`\`\`ts\n${rest.replace(/^```\w*\n|\n```$/g, '').trim()}\n\`\`\``;
    if (name === 'throws') return `Throws ${rest}`;
    return name === 'default' ? `Default: ${rest}` : rest;
  });
  return `${[about.trim(), ...parts].filter((part) => part !== '').join('\n\n')}\n\n`;
}
