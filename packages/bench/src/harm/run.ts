// In which everyday situations are calls worse off behind standard() than behind a plain retry? Fails if in any.
//
//   pnpm bench harm                       the default stack, which has the budget, and the situations in which a part must help
//   pnpm bench harm --with=rateLimit      with a part switched on: fails where the rows that it harms are not those known
//   pnpm bench harm --with=none,rateLimit one after the other: those behind the plain retry are played once
//   pnpm bench harm --only=WORDS          the situations with these words in their name
//   pnpm bench harm --write               all of it, with a column for each part; writes the tables into docs/benchmarks.md

import { option } from '../option.ts';
import { publish } from '../publish.ts';
import { partOption, plain, standardWith } from './clients.ts';
import { EVERYDAY } from './everyday.ts';
import { HELP } from './help.ts';
import { harmOf } from './judge.ts';
import { KNOWN_HARM } from './known-harm.ts';
import { type Client, live } from './live.ts';
import type { HelpSituation, Outcome, Part, Situation } from './situation.ts';

const SEED = 7;
const NOTES = [
  'Plain: `compose(timeout(30_000), retry({ budget: false }), timeout(10_000))`, which cuts each attempt at 10 s. Success, p50 / p95',
  'until the answer (a failed call counts as 30 s), and the time to the first success after the trouble ("back"). Fine: at most',
  '1.5 points fewer calls succeed; p50 and p95 are at most 1.5 times the plain ones plus 1 s; back at most 15 s later.',
];
const COLUMNS: readonly (readonly [name: string, client: Client])[] = [
  ['default', standardWith()],
  ['with rateLimit', standardWith(partOption('rateLimit', true))],
  ['with circuitBreaker', standardWith(partOption('circuitBreaker', true))],
  ['with both', standardWith({ rateLimit: true, circuitBreaker: true })],
  ['without budget', standardWith(partOption('budget', false))],
  ['without attempt timeout', standardWith(partOption('attemptTimeout', false))],
];

const only = option('only') ?? '';
const parts = (option('with') ?? 'none').split(',').map((name) => (name === 'none' ? undefined : (name as Part)));
const write = process.argv.includes('--write');

const plainOutcomes = new Map<string, Promise<Outcome>>();
const failures: string[] = [];

const plainOf = (situation: Situation): Promise<Outcome> => {
  const known = plainOutcomes.get(situation.name) ?? live(situation, plain, SEED);
  plainOutcomes.set(situation.name, known);
  return known;
};

function time(ms: number): string {
  if (ms === Infinity) return 'never';
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function words({ success, p50, p95, back }: Outcome): string {
  const again = back === undefined ? [] : [`back ${time(back)}`];
  return [`${(100 * success).toFixed(1)} %`, `${time(p50)} / ${time(p95)}`, ...again].join(', ');
}

const print = (row: string[]): string[] => {
  console.log(row.join(' | '));
  return row;
};

const nameOf = ({ name }: Situation, part: Part | undefined): string => (part ? `${name}, with ${part}` : name);

/** One situation behind the stack that is asked for. What is not as expected is a failure. */
async function everydayRow(situation: Situation, part: Part | undefined): Promise<string[]> {
  const ours = await live(situation, standardWith(part && partOption(part, true)), SEED);
  const harm = harmOf(await plainOf(situation), ours);
  const isKnown = (of: Part) => KNOWN_HARM[of]?.includes(situation.name) === true;
  if (harm.length > 0 && !isKnown(part ?? 'budget') && !isKnown('budget')) {
    failures.push(`${nameOf(situation, part)}: ${harm.join(', ')}`);
  }
  if (harm.length === 0 && isKnown(part ?? 'budget'))
    failures.push(`${nameOf(situation, part)}: fine now, strike it from known-harm.ts`);
  return print([situation.name, words(await plainOf(situation)), words(ours), harm.join(', ') || 'fine']);
}

async function helpRow(situation: HelpSituation): Promise<string[]> {
  const off = await plainOf(situation);
  const on = await live(situation, standardWith(partOption(situation.part, true)), SEED);
  const helps = situation.helps(off, on);
  if (!helps) failures.push(`${situation.name}: ${situation.part} does not help`);
  const load = `${off.sentPerCall.toFixed(2)} and ${on.sentPerCall.toFixed(2)} requests a call`;
  const open = `${off.connections} and ${on.connections} connections`;
  return print([
    nameOf(situation, situation.part),
    words(off),
    words(on),
    `${helps ? 'helps' : 'no help'}: ${load}, ${open}`,
  ]);
}

async function partsRow(situation: Situation): Promise<string[]> {
  const row = [situation.name];
  for (const [, client] of COLUMNS) {
    row.push(harmOf(await plainOf(situation), await live(situation, client, SEED)).join(', ') || 'fine');
  }
  return print(row);
}

async function rowsOf<S extends Situation>(situations: readonly S[], rowOf: (situation: S) => Promise<string[]>) {
  const rows: string[][] = [];
  for (const situation of situations) if (situation.name.includes(only)) rows.push(await rowOf(situation));
  return rows;
}

const everyday: string[][] = [];
for (const part of parts) {
  if (part) console.log(`\nWith ${part}:`);
  everyday.push(...(await rowsOf(EVERYDAY, (situation) => everydayRow(situation, part))));
}
const help = parts.includes(undefined) ? await rowsOf(HELP, helpRow) : [];
if (write) {
  const file = import.meta.filename;
  const head = ['situation', 'plain', 'standard()', 'verdict'];
  publish({ name: 'harm', file, notes: NOTES, head, rows: [...everyday, ...help] });
  const rows = await rowsOf(EVERYDAY, partsRow);
  const fine = COLUMNS.map((_, column) => String(rows.filter((row) => row[column + 1] === 'fine').length));
  const names = COLUMNS.map(([name]) => name);
  const notes = ['What each part does to each row: fine, or the measure that is worse than behind the plain stack.'];
  publish({
    name: 'harm-parts',
    file,
    notes,
    head: ['situation', ...names],
    rows: [...rows, [`fine, of ${rows.length}`, ...fine]],
  });
}

console.log('');
for (const failure of failures) console.log(`FAILED: ${failure}`);
console.log(`${everyday.length + help.length} rows, ${failures.length} failed`);
if (failures.length > 0) process.exitCode = 1;
