// Turns a file of the repository into a page of the site: a title, and links that lead to other pages.
import { posix } from 'node:path';
import { mapLinks } from '../../scripts/markdown.ts';
import { isPlaceholder, REPOSITORY, urlOf } from '../../scripts/project.ts';
import { slugOf } from './contents.ts';

export interface Page {
  readonly file: string;
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  /** Markdown below the title. */
  readonly body: string;
}

/** Where links of a page lead. */
export interface Places {
  /** What stands before each path, such as `/docs`; empty at the root of a host. */
  readonly base: string;
  /** Files that have a page. */
  readonly files: ReadonlySet<string>;
}

const PICTURE =
  /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img alt="([^"]*)" src="([^"]+)">\s*<\/picture>/g;

export function pageOf(file: string, text: string, places: Places): Page {
  const source = file.endsWith('.ts') ? exampleAsMarkdown(file, text) : text;
  const title = /^# (.*)$/m.exec(source)?.[1] ?? file;
  const body = source.replace(/^# .*\n+/, '').replace(/<!--[\s\S]*?-->\n?/g, '');
  return {
    file,
    slug: slugOf(file),
    title: title.replaceAll('`', ''),
    description: descriptionOf(body),
    body: withLinks(
      file,
      outsideOfFences(body, (prose) => asHtml(prose, places)),
      places,
    ),
  };
}

/** The comment at the top says what one sees; the rest is code. */
function exampleAsMarkdown(file: string, text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const about = lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, ''));
  const name = posix.basename(file, '.ts').replaceAll('-', ' ');
  const prose = about.filter((line) => !line.startsWith('  ')).join('\n');
  const command = about.filter((line) => line.startsWith('  ')).map((line) => line.trim());
  const code = lines.slice(end).join('\n').trim();
  const title = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  return `# ${title}\n\n${prose.trim()}\n\n    ${command.join('\n    ')}\n\n\`\`\`ts\n${code}\n\`\`\`\n`;
}

/** The first sentence, as plain text. */
function descriptionOf(body: string): string {
  const paragraph = body.split(/\n\s*\n/).find((part) => /^[A-Za-z`*[]/.test(part.trim())) ?? '';
  const plain = mapLinks(paragraph, ({ before }) => before.replace(/^!?\[|\]\($/g, '')).replace(/[`*]/g, '');
  return plain
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^(.{20,}?[.:])(?=\s[A-Z]).*$/, '$1');
}

function outsideOfFences(text: string, change: (prose: string) => string): string {
  return text
    .split(/^(```[\s\S]*?^```$)/m)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join('');
}

/** Pictures in the colours of the page's theme, and tables in boxes. */
function asHtml(prose: string, { base }: Places): string {
  const pictures = prose.replace(PICTURE, (_, dark: string, alt: string, light: string) => {
    const image = (path: string, hidden: string) =>
      `<img class="chart ${hidden}:sl-hidden" alt="${alt}" src="${base}/img/${posix.basename(path)}" loading="lazy">`;
    return `${image(light, 'dark')}${image(dark, 'light')}`;
  });
  return scrolling(pictures);
}

function withLinks(file: string, text: string, places: Places): string {
  return mapLinks(text, ({ before, target, after }) => {
    if (!before.endsWith('](')) return undefined;
    const href = hrefOf(file, target, places);
    return href === undefined ? before.replace(/^!?\[|\]\($/g, '') : `${before}${href}${after}`;
  });
}

/** A wide table scrolls in a box of its own, which keys can reach. */
function scrolling(prose: string): string {
  const box = '<div class="scroll" tabindex="0" role="group" aria-label="Table">';
  return prose.replace(/^\|.*\n(?:\|.*(?:\n|$))+/gm, (table) => `${box}\n\n${table.trimEnd()}\n\n</div>\n`);
}

/** Where a link leads on the site; `undefined` if nowhere, because the address of the repository is not known yet. */
export function hrefOf(file: string, target: string, { base, files }: Places): string | undefined {
  if (/^[a-z][a-z+.-]*:|^#/i.test(target)) return target;
  const [path = '', anchor] = target.split('#');
  const found = posix.normalize(posix.join(posix.dirname(file), path)).replace(/\/$/, '');
  const page = [found, `${found}/README.md`].find((one) => files.has(one));
  const slug = page === undefined ? FOLDERS[found] : slugOf(page);
  if (slug === undefined) return isPlaceholder(REPOSITORY) ? undefined : urlOf(found);
  return `${base}/${slug === '' ? '' : `${slug}/`}${anchor ? `#${anchor}` : ''}`;
}

const FOLDERS: Readonly<Record<string, string>> = {
  'README.md': '',
  '.': '',
  'docs/decisions': 'decisions',
  'docs/api': 'api',
  examples: 'examples',
};
