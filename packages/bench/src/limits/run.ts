// How much of what a limited server allows do calls get behind rateLimit()? Fails where a group of rows is under its bar.
//
//   pnpm bench limits                  the rows, the published scenario and noise, against their bars
//   pnpm bench limits --only=WORDS     the rows with these words in their name
//   pnpm bench limits --write          the references too; writes the tables into docs/benchmarks.md, and the pictures

import { option } from '../option.ts';
import { draw } from '../plot/draw.ts';
import { lineChart } from '../plot/line-chart.ts';
import { publish } from '../publish.ts';
import { above, BARS, below, missedAims, regressions } from './bars.ts';
import { REFERENCES, steadfetch } from './clients.ts';
import { type Client, live } from './live.ts';
import { NOISE_SETTINGS, nameOf, SHARES, throughput } from './noise.ts';
import { pictures } from './pictures.ts';
import { BOUND, type Effort, effortOf, isDominated } from './published.ts';
import { ROWS } from './rows.ts';
import { meanOf, type Score, score } from './score.ts';
import { type Result, type Summary, summaryOf } from './summary.ts';

const SEEDS = [1, 2, 3];
const OURS = 'steadfetch rateLimit()';
const AIMD = 'AIMD in time';
const FLEETS = [5, 25, 100];
/** Where the gate stands in the published scenario, for each fleet. */
const EFFORT_BARS: readonly Effort[] = [
  { refused: 0.3, seconds: 590 },
  { refused: 0.9, seconds: 600 },
  { refused: 2.1, seconds: 640 },
];
/** Which share of what is possible is kept with noise, and in how many settings of ten. */
const KEPT = 95;
const NOISE_BAR = { free: 8.5, limited: 6 };
const NOTES = [
  'Share: accepted requests, of the most that a client without advance knowledge can get. Refused: share of the requests',
  'sent. Early: calls resent before the time that the server asked them to wait. Hasty: other requests during such a',
  'wait. Least: what the slowest process got, of an equal share. Settled: seconds until nine tenths of the rate is reached.',
  'The last five columns: share / refused of other clients. Forty workers, one process, a round trip of 1 ms and a minute, unless the row says',
  'otherwise; means of three seeds, in virtual time.',
];

const only = option('only') ?? '';
const write = only === '' && process.argv.includes('--write');
const file = import.meta.filename;
const failures: string[] = [];
const missed: string[] = [];

const print = (row: string[]): string[] => {
  console.log(row.join(' | '));
  return row;
};
const seconds = (value: number) => (value === Infinity ? 'never' : `${value.toFixed(1)} s`);
const percent = (value: number) => `${value.toFixed(1)} %`;

async function resultsOf(client: Client): Promise<Result[]> {
  const results: Result[] = [];
  for (const row of ROWS) {
    if (!row.name.includes(only)) continue;
    const scores: Score[] = [];
    for (const seed of SEEDS) scores.push(score(row, await live(row, client, seed)));
    results.push({ row, score: meanOf(scores) });
  }
  return results;
}

function rowOf({ row, score: { share, refused, lost, early, hasty, least, settled } }: Result): string[] {
  const fair = (row.processes ?? 1) > 1 ? `${least.toFixed(0)} %` : '';
  const counts = [lost, early, hasty].map((count) => count.toFixed(0));
  return [row.name, percent(share), percent(refused), ...counts, fair, seconds(settled)];
}

function summaryRow(name: string, summary: Summary): string[] {
  const { rows, share, low, refused, rude, fleets, starving, lost, early } = summary;
  const counts = [`${starving} of ${fleets}`, lost.toFixed(0), early.toFixed(0)];
  return [name, percent(share), `${low} of ${rows}`, percent(refused), `${rude} of ${rows}`, ...counts];
}

/** The table of rows, and what all of them come to. */
async function grid(): Promise<void> {
  const ours = await resultsOf(steadfetch);
  for (const result of ours) print(rowOf(result));
  if (only === '') failures.push(...regressions(ours, BARS));
  if (only === '') missed.push(...missedAims(summaryOf(ours)));
  print(summaryRow(OURS, summaryOf(ours)));
  if (!write) return;
  const others: (readonly [string, Result[]])[] = [];
  for (const [name, client] of REFERENCES) others.push([name, await resultsOf(client)]);
  const rows = ours.map((result, index) => [
    ...rowOf(result),
    ...others.map(([, results]) => {
      const { share, refused } = results[index]!.score;
      return `${share.toFixed(0)} / ${refused.toFixed(0)}`;
    }),
  ]);
  const head = [
    'server',
    'share',
    'refused',
    'lost',
    'early',
    'hasty',
    'least',
    'settled',
    ...others.map(([name]) => name),
  ];
  publish({ name: 'limits', file, notes: NOTES, head, rows });
  publishSummary([[OURS, ours], ...others]);
}

function publishSummary(all: readonly (readonly [string, Result[]])[]): void {
  const notes = [
    'Rows under 90 % of the bound; rows with over 5 % refused; starving: fleets in which a process gets under half of an equal',
    'share. The oracle knows the initial rate and burst of the limit, and how many processes there are. Other references are',
    'made for one kind of client: ATB for one that sends one request at a time, AIMD for fleets.',
  ];
  const head = ['client', 'share, mean', 'under 90 %', 'refused, mean', 'above 5 %', 'starving', 'lost', 'early'];
  const rows = all.map(([name, results]) => summaryRow(name, summaryOf(results)));
  publish({ name: 'limits-summary', file, notes, head, rows });
}

async function effortsOf(client: Client): Promise<Effort[]> {
  const efforts: Effort[] = [];
  for (const fleet of FLEETS) efforts.push(await effortOf(fleet, client, SEEDS));
  return efforts;
}

const effortRow = (name: string, efforts: readonly Effort[]) =>
  print([name, ...efforts.map(({ refused, seconds: all }) => `${refused.toFixed(2)}, ${all.toFixed(0)} s`)]);

async function published(): Promise<void> {
  const ours = await effortsOf(steadfetch);
  const rows = [effortRow(OURS, ours)];
  for (const [name, client] of REFERENCES) {
    if (!write && name !== AIMD) continue;
    const efforts = await effortsOf(client);
    rows.push(effortRow(name, efforts));
    if (name === AIMD) judgeEfforts(ours, efforts);
  }
  if (!write) return;
  const notes = [
    `Refused requests per call, and seconds until all is done; ${BOUND} s at least. A call that a client abandons is made again.`,
  ];
  publish({ name: 'limits-published', file, notes, head: ['client', ...FLEETS.map((n) => `${n} clients`)], rows });
}

function judgeEfforts(ours: readonly Effort[], aimd: readonly Effort[]): void {
  for (const [index, fleet] of FLEETS.entries()) {
    const [mine, theirs, bar] = [ours[index]!, aimd[index]!, EFFORT_BARS[index]!];
    const what = `published, ${fleet} clients`;
    failures.push(...above(`${what}: refused per call`, mine.refused, bar.refused));
    failures.push(...above(`${what}: seconds`, mine.seconds, bar.seconds));
    if (isDominated(mine, theirs)) missed.push(`${what}: ${AIMD} is better in both figures`);
    missed.push(...above(`${what}: % of the seconds of ${AIMD}`, (100 * mine.seconds) / theirs.seconds, 110));
  }
}

async function noise(): Promise<void> {
  const rows: string[][] = [];
  const kept = { free: [] as boolean[], limited: [] as boolean[] };
  for (const setting of NOISE_SETTINGS) {
    const cells = [nameOf(setting)];
    for (const share of SHARES) {
      let mean = 0;
      for (const seed of SEEDS) mean += Math.min(100, await throughput(setting, share, seed)) / SEEDS.length;
      kept[setting.limited ? 'limited' : 'free'].push(mean >= KEPT);
      cells.push(`${mean.toFixed(0)} %`);
    }
    rows.push(print(cells));
  }
  const ofTen = (all: readonly boolean[]) => (10 * all.filter(Boolean).length) / all.length;
  const what = `settings of ten with noise that keep ${KEPT} %`;
  console.log(`${what}: ${ofTen(kept.free).toFixed(1)} without a limit, ${ofTen(kept.limited).toFixed(1)} with one`);
  failures.push(...below(`${what}, no limit`, ofTen(kept.free), NOISE_BAR.free));
  failures.push(...below(`${what}, a limit`, ofTen(kept.limited), NOISE_BAR.limited));
  missed.push(...below(`${what}, no limit`, ofTen(kept.free), 9));
  if (!write) return;
  const notes = [
    'Throughput of `compose(retry(), rateLimit())` if this share of the answers are refusals by chance, in % of what a plain',
    'retry gets with the same noise and no limit; with a limit, in % of at most the throughput without noise. A round trip of 100 ms.',
  ];
  publish({ name: 'limits-noise', file, notes, head: ['setting', ...SHARES.map((s) => `${100 * s} %`)], rows });
}

await grid();
if (only === '') await published();
if (only === '') await noise();
if (write) {
  for (const [name, chart] of Object.entries(await pictures())) draw(name, (theme) => lineChart(chart, theme));
}

console.log('');
for (const miss of missed) console.log(`aim missed: ${miss}`);
for (const failure of failures) console.log(`FAILED: ${failure}`);
if (failures.length > 0) process.exitCode = 1;
