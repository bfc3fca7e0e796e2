// Whether each link of the built site that stays on it leads to a page, a file, and a place on that page.
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileOf } from '../serve.ts';

const LINK = /\s(?:href|src|srcset|poster|data)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ID = /\s(?:id|name)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

interface Html {
  readonly links: readonly string[];
  readonly ids: ReadonlySet<string>;
}

function read(path: string): Html {
  const text = readFileSync(path, 'utf8').replace(/<script\b[^>]*>[\s\S]*?<\/script>/g, (whole) =>
    whole.slice(0, whole.indexOf('>') + 1),
  );
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, a, b]) => (a ?? b!).replaceAll('&amp;', '&'));
  return { links: all(LINK).filter((link) => link !== ''), ids: new Set(all(ID)) };
}

/** One sentence for each link that leads nowhere, and how many there are. */
export function checkLinks(dist: string, base: string): { faults: string[]; count: number } {
  const pages = new Map(globSync('**/*.html', { cwd: dist }).map((path) => [join(dist, path), read(join(dist, path))]));
  const faults: string[] = [];
  let count = 0;
  for (const [path, { links }] of pages) {
    const at = `${base}/${relative(dist, path).replace(/index\.html$/, '')}`;
    for (const link of new Set(links)) {
      const url = new URL(link, `http://site.invalid${at}`);
      if (url.host !== 'site.invalid') continue;
      count++;
      const fault = faultOf(url, dist, base, pages);
      if (fault) faults.push(`${at}: ${link}: ${fault}`);
    }
  }
  return { faults, count };
}

function faultOf({ pathname, hash }: URL, dist: string, base: string, pages: ReadonlyMap<string, Html>) {
  if (!pathname.startsWith(`${base}/`)) return `is outside of ${base}/`;
  const file = fileOf(dist, decodeURIComponent(pathname.slice(base.length)));
  if (file === undefined) return 'there is no such page';
  const id = decodeURIComponent(hash.slice(1));
  if (id === '' || !file.endsWith('.html') || pathname.includes('/playground/')) return undefined;
  return pages.get(file)!.ids.has(id) ? undefined : `there is no #${id} on that page`;
}
