import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

export const ROOT: string = join(import.meta.dirname, '../../..');
const require = createRequire(import.meta.url);

export interface Result {
  /** The name in the markers: what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` is replaced. */
  name: string;
  /** `import.meta.filename` of the run. */
  file: string;
  /** The page that has the markers. @default 'docs/benchmarks.md' */
  page?: string;
  /** One sentence per line about how it was measured. @default none: the page says it */
  notes?: readonly string[];
  head: readonly string[];
  /** Which columns are set to the left. @default the first */
  left?: readonly number[];
  rows: readonly (readonly (string | number)[])[];
  /** The libraries whose versions count, besides Node. */
  peers?: readonly string[];
}

/** Prints a table, and writes it into its page with the versions and the command that made it. */
export function publish(result: Result): void {
  const { name, file, page = 'docs/benchmarks.md', notes = [], head, left = [0], rows, peers = [] } = result;
  const command = `node ${relative(ROOT, file)}`;
  const versions = [`Node ${process.versions.node}`, ...peers.map((peer) => `${peer} ${versionOf(peer)}`)].join(', ');
  const text = [...notes, '', ...table(head, rows, left), '', `\`${command}\` with ${versions}.`].join('\n');
  console.log(`\n${name}\n\n${text}`);
  const path = join(ROOT, page);
  const old = readFileSync(path, 'utf8');
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [start, end] = [old.indexOf(open), old.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`${page} has no ${open} … ${close}`);
  writeFileSync(path, `${old.slice(0, start + open.length)}\n${text}\n${old.slice(end)}`);
}

function versionOf(peer: string): string {
  const entry = require.resolve(peer);
  const dir = entry.slice(0, entry.lastIndexOf(`node_modules/${peer}/`) + `node_modules/${peer}/`.length);
  return (JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { version: string }).version;
}

/** A Markdown table; every other column is set to the right. */
function table(head: Result['head'], rows: Result['rows'], left: readonly number[]): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (left.includes(column) ? '---' : '---:'))), ...rows.map(line)];
}
