// Writes the pages of the site into `.pages`, from the Markdown of the repository, and the sidebar that lists them.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { publicPackages, ROOT } from '../../scripts/workspace.ts';
import { contents, labelOf, type Section, slugOf } from './contents.ts';
import { type Page, pageOf } from './page.ts';
import { referenceOf } from './reference.ts';

const packages = publicPackages();
const HERE = import.meta.dirname;
const PAGES: string = join(HERE, '.pages');
const PUBLIC: string = join(HERE, '.public');

export interface Prepared {
  readonly pages: readonly (Page & { readonly section: string })[];
  readonly sidebar: readonly object[];
  readonly hasPlayground: boolean;
}

export function prepare(base: string): Prepared {
  const sections = contents();
  const files = new Set(sections.flatMap((section) => section.files));
  const pages = sections.flatMap(({ title: section, files: own }) =>
    own.map((file) => ({ ...pageOf(file, textOf(file), { base, files }), section })),
  );
  const lists = sections.filter(({ title }) => title in LISTS).map((section) => listOf(section, pages, base));
  rmSync(PAGES, { recursive: true, force: true });
  for (const page of [...pages, ...lists, notFound(base)]) write(page);
  const listed = sections.map(({ title, files: own }) => ({ title, slugs: own.map(slugOf) }));
  writeFileSync(join(PAGES, 'sections.json'), JSON.stringify(listed));
  const hasPlayground = preparePublic();
  const sidebar = sections.map((section) => sidebarOf(section, pages));
  return { pages, sidebar, hasPlayground };
}

/** A page of the reference is made from declarations; all others are Markdown or code of the repository. */
function textOf(file: string): string {
  const [, folder] = /^docs\/api\/(.*)\.md$/.exec(file) ?? [];
  const one = folder === undefined ? undefined : packages.find((candidate) => candidate.folder === folder);
  return one ? referenceOf(one) : readFileSync(join(ROOT, file), 'utf8');
}

/** Sections whose folder has a page of its own, which lists the others. */
const LISTS: Readonly<Record<string, { slug: string; about: string }>> = {
  API: { slug: 'api', about: 'What can be imported from each package, generated from its declarations.' },
  Examples: { slug: 'examples', about: 'Programs that run in a clone of the repository: `pnpm example NAME`.' },
  Decisions: { slug: 'decisions', about: 'Choices that could have gone the other way, half a page each.' },
};

function listOf({ title, files }: Section, pages: readonly Page[], base: string): Page {
  const { slug, about } = LISTS[title]!;
  const own = pages.filter(({ file }) => files.includes(file));
  const rows = own.map(({ file, title: name, slug: path }) => `- [${labelOf(file, name)}](${base}/${path}/)`);
  return { file: '', slug, title, description: about.replaceAll('`', ''), body: `${about}\n\n${rows.join('\n')}\n` };
}

function notFound(base: string): Page {
  const body = `There is no page at this address. Search for it, or begin with [getting started](${base}/getting-started/).\n`;
  return { file: '', slug: '404', title: 'Page not found', description: 'There is no such page.', body };
}

function write({ slug, title, description, body, file }: Page): void {
  const path = join(PAGES, `${slug}.md`);
  const sidebar = { label: labelOf(file, title) };
  const tableOfContents = file.startsWith('docs/decisions/') ? false : undefined;
  const matter = Object.entries({ title, description, sidebar, tableOfContents, slug })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `---\n${matter.join('\n')}\n---\n\n${body}`);
}

function sidebarOf({ title, files, collapsed = false }: Section, pages: readonly Page[]): object {
  const list = LISTS[title];
  const items = files.map((file) => {
    const page = pages.find((one) => one.file === file)!;
    return { slug: page.slug, label: labelOf(file, page.title) };
  });
  return { label: title, collapsed, items: list ? [{ slug: list.slug, label: 'Overview' }, ...items] : items };
}

/** Images, and the playground where it has been built. */
function preparePublic(): boolean {
  const playground = join(ROOT, 'packages/playground/dist');
  const hasPlayground = existsSync(join(playground, 'index.html'));
  rmSync(PUBLIC, { recursive: true, force: true });
  cpSync(join(ROOT, 'docs/img'), join(PUBLIC, 'img'), { recursive: true });
  cpSync(join(HERE, 'static'), PUBLIC, { recursive: true });
  if (hasPlayground) cpSync(playground, join(PUBLIC, 'playground'), { recursive: true });
  return hasPlayground;
}
