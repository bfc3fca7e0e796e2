// What the docs check needs to know of Markdown: fences, headings, links.

export interface Fence {
  language: string;
  /** The `title="..."` after the language. */
  title?: string;
  /** Number of the first line inside the fence, from 1. */
  line: number;
  code: string;
}

export interface Heading {
  level: number;
  text: string;
  line: number;
}

export interface Link {
  target: string;
  line: number;
}

export interface Markdown {
  fences: Fence[];
  headings: Heading[];
  links: Link[];
}

const FENCE = /^(?<indent>\s*)(?<marks>`{3,}|~{3,})(?<language>[^\s`]*)(?:.*\stitle="(?<title>[^"]*)")?.*$/;
const HEADING = /^(?<marks>#{1,6})\s+(?<text>.*?)\s*#*$/;
const LINK =
  /\]\(\s*<?(?<inline>[^)\s>]+)|^\s*\[[^\]]+\]:\s*(?<reference>\S+)|\b(?:src|href|srcset)="(?<attribute>[^"]+)"/g;

export function parseMarkdown(text: string): Markdown {
  const parsed: Markdown = { fences: [], headings: [], links: [] };
  let open: { marks: string; indent: string; lines: string[]; fence: Fence } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const { marks = '', indent = '', language = '', title } = FENCE.exec(line)?.groups ?? {};
    if (open) {
      if (marks.startsWith(open.marks) && line.trim() === marks) {
        parsed.fences.push({ ...open.fence, code: open.lines.join('\n') });
        open = undefined;
      } else open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    } else if (marks) {
      const fence = { language, ...(title === undefined ? {} : { title }), line: index + 2, code: '' };
      open = { marks, indent, lines: [], fence };
    } else readProse(line, index + 1, parsed);
  }
  if (open) throw new Error(`the fence before line ${open.fence.line} is not closed`);
  return parsed;
}

function readProse(line: string, number: number, { headings, links }: Markdown): void {
  const heading = HEADING.exec(line)?.groups;
  if (heading) headings.push({ level: heading.marks!.length, text: heading.text!, line: number });
  for (const { groups } of line.replace(/`[^`]*`/g, '``').matchAll(LINK)) {
    links.push({ target: (groups?.inline ?? groups?.reference ?? groups?.attribute)!, line: number });
  }
}

/** The anchors of a page's headings, as GitHub makes them: a repeated one gets `-1`, `-2`. */
export function anchorsOf(headings: readonly Heading[]): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    headings.map(({ text }) => {
      const slug = slugOf(text);
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    }),
  );
}

function slugOf(text: string): string {
  const plain = text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
}

export interface LinkParts {
  /** What stands before the target, as `[label](` or `src="`. */
  readonly before: string;
  readonly target: string;
  readonly after: string;
  readonly image: boolean;
}

const CODE = /`[^`\n]*`/;
const LABEL = /!?\[(?:`[^`]*`|[^[\]`]|\[[^\]]*\])*\]/;
const PARTS = new RegExp(
  `(?<code>${CODE.source})|(?<inline>${LABEL.source}\\()(?<target>[^)\\s]+)\\)|` +
    `(?<attribute>\\b(?:src|srcset|href)=")(?<value>[^"]+)"`,
  'g',
);

/** The text with each link as `change` writes it, or as it is where that is `undefined`. Code is left as it is. */
export function mapLinks(text: string, change: (link: LinkParts) => string | undefined): string {
  const parts = text.split(/^(```[\s\S]*?^```$)/m);
  return parts.map((part, index) => (index % 2 === 0 ? mapProse(part, change) : part)).join('');
}

function mapProse(prose: string, change: (link: LinkParts) => string | undefined): string {
  return prose.replace(PARTS, (whole, ...rest) => {
    const { inline, target, attribute, value } = rest.at(-1) as Record<string, string | undefined>;
    const image = inline?.startsWith('!') ?? /src/.test(attribute ?? '');
    if (inline !== undefined) return change({ before: inline, target: target!, after: ')', image }) ?? whole;
    if (attribute !== undefined) return change({ before: attribute, target: value!, after: '"', image }) ?? whole;
    return whole;
  });
}
