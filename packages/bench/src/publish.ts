import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

export const ROOT: string = join(import.meta.dirname, '../../..');
const PAGE = join(ROOT, 'docs/benchmarks.md');
const require = createRequire(import.meta.url);

export interface Result {
  /** The name in the markers: what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` is replaced. */
  name: string;
  /** `import.meta.filename` of the run. */
  file: string;
  /** One sentence per line about how it was measured. */
  notes: readonly string[];
  head: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  /** The libraries whose versions count, besides Node. */
  peers?: readonly string[];
}

/** Prints a table, and writes it into docs/benchmarks.md with the versions and the command that made it. */
export function publish({ name, file, notes, head, rows, peers = [] }: Result): void {
  const command = `node ${relative(ROOT, file)}`;
  const versions = [`Node ${process.versions.node}`, ...peers.map((peer) => `${peer} ${versionOf(peer)}`)].join(', ');
  const text = [...notes, '', ...table(head, rows), '', `\`${command}\` with ${versions}.`].join('\n');
  console.log(`\n${name}\n\n${text}`);
  const page = readFileSync(PAGE, 'utf8');
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`${PAGE} has no ${open} … ${close}`);
  writeFileSync(PAGE, `${page.slice(0, start + open.length)}\n${text}\n${page.slice(end)}`);
}

function versionOf(peer: string): string {
  const entry = require.resolve(peer);
  const dir = entry.slice(0, entry.lastIndexOf(`node_modules/${peer}/`) + `node_modules/${peer}/`.length);
  return (JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { version: string }).version;
}

/** A Markdown table; every column but the first is set to the right. */
function table(head: Result['head'], rows: Result['rows']): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)];
}
