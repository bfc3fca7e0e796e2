// In which everyday situations are calls worse off behind standard() than behind a plain retry? Fails if in any.
//
//   node packages/bench/src/harm/run.ts                 the default, and where a part helps
//   node packages/bench/src/harm/run.ts rateLimit       with a part switched on besides: names the rows that it harms
//   node packages/bench/src/harm/run.ts --parts         a column for each part left out or added; writes the table

import { publish } from '../publish.ts';
import { partOption, plain, standardWith } from './clients.ts';
import { EVERYDAY } from './everyday.ts';
import { HELP } from './help.ts';
import { harmOf } from './judge.ts';
import { KNOWN_HARM } from './known-harm.ts';
import { type Client, live } from './live.ts';
import type { Outcome, Part, Situation } from './situation.ts';

const SEED = 7;
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--')) as Part[];
const withParts = process.argv.includes('--parts');
const rows = EVERYDAY.filter(({ name }) => only === undefined || name.includes(only));

const ms = (value: number | undefined): string => {
  if (value === undefined) return '';
  if (value === Number.POSITIVE_INFINITY) return 'never';
  return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
};
const words = ({ success, p50, p95, back }: Outcome): string =>
  [`${(100 * success).toFixed(1)} %`, `${ms(p50)} / ${ms(p95)}`, ...(back === undefined ? [] : [ms(back)])].join(', ');

const plainOutcomes = new Map<Situation, Outcome>();
async function plainOf(situation: Situation): Promise<Outcome> {
  const known = plainOutcomes.get(situation) ?? (await live(situation, plain, SEED));
  plainOutcomes.set(situation, known);
  return known;
}

async function harms(situation: Situation, client: Client): Promise<string> {
  return harmOf(await plainOf(situation), await live(situation, client, SEED)).join(', ') || 'fine';
}

let failed = 0;
const fail = (text: string) => {
  failed++;
  console.log(`FAILED: ${text}`);
};

const options = Object.assign({}, ...named.map((part) => partOption(part, true)));
const known = new Set(named.flatMap((part) => KNOWN_HARM[part] ?? []));
const table: string[][] = [];
for (const situation of rows) {
  const ours = await live(situation, standardWith(options), SEED);
  const harm = harmOf(await plainOf(situation), ours);
  const verdict = harm.join(', ') || 'fine';
  const expected = known.has(situation.name);
  if (harm.length > 0 && !expected) fail(`${situation.name}: ${verdict}`);
  if (harm.length === 0 && expected) fail(`${situation.name}: fine now, strike it from known-harm.ts`);
  table.push([situation.name, words(await plainOf(situation)), words(ours), verdict]);
  console.log(table.at(-1)!.join(' | '));
}

for (const situation of HELP.filter(({ name }) => only === undefined || name.includes(only))) {
  const { part } = situation;
  const off = await plainOf(situation);
  const on = await live(situation, standardWith(partOption(part, true)), SEED);
  const helps = situation.helps(off, on);
  const size = `${off.sentPerCall.toFixed(2)} / ${on.sentPerCall.toFixed(2)} requests a call`;
  const open = `${off.connections} / ${on.connections} connections`;
  if (!helps && !(KNOWN_HARM.helpless ?? []).includes(situation.name)) fail(`${situation.name}: ${part} does not help`);
  table.push([`${part} must help: ${situation.name}`, words(off), words(on), helps ? `helps: ${size}, ${open}` : `no: ${size}, ${open}`]);
  console.log(table.at(-1)!.join(' | '));
}

if (withParts) {
  const columns: [string, Client][] = [
    ['default', standardWith()],
    ['+ rateLimit', standardWith(partOption('rateLimit', true))],
    ['+ circuitBreaker', standardWith(partOption('circuitBreaker', true))],
    ['+ both', standardWith({ rateLimit: true, circuitBreaker: true })],
    ['- budget', standardWith(partOption('budget', false))],
    ['- attempt timeout', standardWith(partOption('attemptTimeout', false))],
  ];
  const parts: string[][] = [];
  for (const situation of rows) {
    const cells: string[] = [];
    for (const [, client] of columns) cells.push(await harms(situation, client));
    parts.push([situation.name, ...cells]);
    console.log(parts.at(-1)!.join(' | '));
  }
  const fine = columns.map((_, column) => String(parts.filter((row) => row[column + 1] === 'fine').length));
  parts.push([`fine, of ${rows.length}`, ...fine]);
  console.log(parts.at(-1)!.join(' | '));
  if (only === undefined) publishParts(columns.map(([name]) => name), parts);
}

function publishParts(names: string[], parts: string[][]): void {
  publish({
    name: 'harm-parts',
    file: import.meta.filename,
    notes: ['What each part does to each row: fine, or what is worse than behind the plain stack.'],
    head: ['situation', ...names],
    rows: parts,
  });
}

if (withParts && only === undefined) {
  publish({
    name: 'harm',
    file: import.meta.filename,
    notes: [
      'Plain: `compose(timeout(30_000), retry({ budget: false }), timeout(10_000))`. Success, p50 / p95 of a call (a failed one',
      'counts as 30 s), and the first success after the trouble was over. Fine: succeeds as often, less 1.5 points; p50 and p95',
      'at most 1.5 times the plain ones plus 1 s; used again at most 15 s later.',
    ],
    head: ['situation', 'plain', 'standard()', 'verdict'],
    rows: table,
  });
}
console.log(failed === 0 ? `\n${table.length} rows fine` : `\n${failed} rows FAILED`);
if (failed > 0) process.exitCode = 1;
