// How well clients live with a rate limit that they do not know: forty workers, a server on loopback.
// A table of all runs, and a picture of the first of each client.
//
//   node packages/bench/src/rate-limits/run.ts

import { publish } from '../publish.ts';
import { CLIENTS } from './clients.ts';
import { drawProgress } from './draw.ts';
import { type Limit, type Measured, measure } from './measure.ts';

const LIMIT: Limit = { rate: 100, burst: 20, hint: 'retry-after' };
const OURS = 'steadfetch retry(), rateLimit()';
const ORACLE = 'oracle, refused twice';
const RUNS: [name: string, jobs: number, limit: Limit, processes: number][] = [
  ['2,000 jobs', 2_000, LIMIT, 1],
  ['600 jobs, RateLimit on every response', 600, { ...LIMIT, hint: 'ratelimit' }, 1],
  ['2,000 jobs, 429 without a hint', 2_000, { ...LIMIT, hint: 'none' }, 1],
  ['two processes, 1,000 jobs each', 1_000, LIMIT, 2],
  ['20/s, bucket of 5, 400 jobs', 400, { ...LIMIT, rate: 20, burst: 5 }, 1],
  ['500/s, bucket of 100, 10,000 jobs', 10_000, { ...LIMIT, rate: 500, burst: 100 }, 1],
];

const compared: [client: string, measured: Measured][] = [];
for (const client of Object.keys(CLIENTS).filter((name) => name !== ORACLE)) {
  compared.push([client, await measure(client, 600, LIMIT)]);
}
drawProgress(600, LIMIT, compared);
compared.push([ORACLE, await measure(ORACLE, 600, LIMIT)]);
const rows = compared.map(([client, measured]) => rowOf(client, '600 jobs', measured));
for (const [name, jobs, limit, processes] of RUNS) {
  rows.push(rowOf(OURS, name, await measure(OURS, jobs, limit, processes)));
  if (limit.hint === 'retry-after') rows.push(rowOf(ORACLE, name, await measure(ORACLE, jobs, limit, processes)));
}

publish({
  name: 'rate-limits',
  file: import.meta.filename,
  peers: ['ky', 'fetch-extras', 'fetch-retry', 'undici', 'axios', 'axios-retry'],
  notes: [
    'Forty workers without knowledge of the limit, at a token bucket of 20 that refills with 100 a second and answers 429',
    'with `Retry-After` in whole seconds, unless the row says otherwise. Share: of the allowed rate; the first burst counts,',
    'so a little more than 100 % is possible. Early: requests sent before `Retry-After` was over.',
    'The oracle shows what is possible for a client that does not know the limit in advance: it is refused twice, because a',
    'bucket has two unknowns, waits for the second that each refusal asks for, and paces perfectly in between.',
  ],
  head: ['client', 'run', 'lost', 'refused', 'share', 'early'],
  rows,
});

function rowOf(client: string, run: string, { lost, refused, share, early, each }: Measured): string[] {
  const shares = each.length > 1 ? ` (${each.map(percent).join(' and ')})` : '';
  return [
    client,
    run,
    String(lost),
    `${(100 * refused).toFixed(1)} %`,
    percent(share) + shares,
    each.length > 1 ? '' : String(early),
  ];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
