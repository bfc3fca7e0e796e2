// Checks what the Markdown of this repository claims: snippets have the right types, links lead somewhere,
// the README of each package has the house form.
//
//   pnpm check:docs

import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { checkSnippets, type Snippet } from './check-snippets.ts';
import { importsOf } from './imports-of.ts';
import { anchorsOf, type Markdown, parseMarkdown } from './markdown.ts';
import { publicPackages, ROOT } from './workspace.ts';

const PAGES = ['*.md', 'docs/**/*.md', 'examples/**/*.md', 'packages/*/*.md'];
/** Their snippets need the packages of `packages/everywhere`, which type-checks and runs them. */
const CHECKED_EVERYWHERE = ['docs/clients.md'];
const SECTIONS = ['Use', 'What it does, exactly', 'Options', 'Where to put it', 'When not to use it', 'Sources'];
const MAX_README_LINES = 150;

export function pagesIn(root: string): string[] {
  const exclude = (path: string) => /(^|\/)(node_modules|CHANGELOG\.md)$/.test(path);
  return globSync(PAGES, { cwd: root, exclude }).sort();
}

/** Every relative link of a page that leads nowhere. */
export function checkLinks(root: string, page: string, { links, headings }: Markdown): string[] {
  return links.flatMap(({ target, line }) => {
    if (/^[a-z][a-z+.-]*:|^\/\//i.test(target)) return [];
    const [path = '', anchor] = decodeURI(target).split('#');
    const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
    if (!existsSync(file) || relative(root, file).startsWith('..')) return [`${page}:${line}: no file ${target}`];
    if (!anchor || !file.endsWith('.md') || statSync(file).isDirectory()) return [];
    const anchors = anchorsOf(path === '' ? headings : parseMarkdown(readFileSync(file, 'utf8')).headings);
    return anchors.has(anchor) ? [] : [`${page}:${line}: no heading #${anchor} in ${relative(root, file)}`];
  });
}

/** Where the README of a package departs from the house form. */
export function checkForm(page: string, name: string, text: string, parsed: Markdown): string[] {
  const { headings } = parsed;
  const sections = headings.filter(({ level }) => level === 2).map(({ text: title }) => title);
  const known = sections.filter((title) => SECTIONS.includes(title));
  const inOrder = SECTIONS.filter((title) => known.includes(title));
  const lines = text.trimEnd().split('\n').length;
  return [
    ...(headings[0]?.text === name ? [] : [`the first heading is not "# ${name}"`]),
    ...notAdded(page, name, text, parsed).map((library) => `no "pnpm add ${library}"`),
    ...SECTIONS.filter((title) => !known.includes(title)).map((title) => `no section "## ${title}"`),
    ...(known.join() === inOrder.join() ? [] : [`sections in the order ${known.join(' / ')}`]),
    ...(lines <= MAX_README_LINES ? [] : [`${lines} lines, at most ${MAX_README_LINES}`]),
  ].map((fault) => `${page}: ${fault}`);
}

/** What no command of the page adds, of the package itself and what its snippets import: pnpm gives a project nothing else. */
function notAdded(page: string, name: string, text: string, parsed: Markdown): string[] {
  const added = [...text.matchAll(/pnpm add ([^#(\n]+)/g)].flatMap(([, names]) => names!.trim().split(/ +/));
  const imported = snippetsOf(page, parsed).flatMap(({ code, extension }) => importsOf(`a.${extension}`, code));
  const needed = new Set([name, ...imported.map((one) => one.name)]);
  return [...needed].filter((library) => !library.startsWith('node:') && !added.includes(library));
}

function snippetsOf(page: string, { fences }: Markdown): Snippet[] {
  if (CHECKED_EVERYWHERE.includes(page)) return [];
  return fences.flatMap(({ language, line, code }): Snippet[] => {
    if (/^(ts|typescript)$/.test(language)) return [{ page, line, code, extension: 'ts' }];
    if (language === 'tsx') return [{ page, line, code, extension: 'tsx' }];
    return /^(js|javascript)$/.test(language) ? [{ page, line, code, extension: 'js' }] : [];
  });
}

if (import.meta.main) {
  const pages = pagesIn(ROOT).map((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    return { page, text, parsed: parseMarkdown(text) };
  });
  const readmes = publicPackages().flatMap(({ folder, manifest }) => {
    const found = pages.find(({ page }) => page === `packages/${folder}/README.md`);
    return found
      ? checkForm(found.page, manifest.name, found.text, found.parsed)
      : [`packages/${folder}: no README.md`];
  });
  const snippets = pages.flatMap(({ page, parsed }) => snippetsOf(page, parsed));
  const faults = [
    ...readmes,
    ...pages.flatMap(({ page, parsed }) => checkLinks(ROOT, page, parsed)),
    ...checkSnippets(snippets),
  ];
  for (const fault of faults) console.error(fault);
  console.log(`${pages.length} pages, ${snippets.length} snippets, ${faults.length} faults`);
  process.exitCode = Math.min(faults.length, 1);
}
