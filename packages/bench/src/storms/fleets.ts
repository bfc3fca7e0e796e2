// The same outage for one client and for many, which know nothing of each other, with the retries that each call may make.
//
//   node packages/bench/src/storms/fleets.ts

import { type RetryOptions, retry } from '@steadfetch/retry';
import { simulate } from '@steadfetch/testing';
import { publish } from '../publish.ts';
import { healthy, STORM, TIGHT_STORM } from './settings.ts';

const CLIENTS = [1, 3, 30, 100];
const RETRIES = [2, 3, 5];
const SEEDS = [1, 2, 3];
const LOADS = { '80 %': STORM, '90 %': TIGHT_STORM };

type Storm = (typeof LOADS)[keyof typeof LOADS];

/** The seconds until the service is well again, the fewest and the most of all seeds. */
async function recovery(storm: Storm, clients: number, options: RetryOptions): Promise<string> {
  const after: number[] = [];
  for (const seed of SEEDS) {
    const report = await simulate({
      ...storm,
      clients,
      seed,
      globals: false,
      client: (fetch, { clock, random }) => retry({ clock, random, ...options })(fetch),
    });
    after.push(report.healthyAfter!);
  }
  const [least, most] = [Math.min(...after), Math.max(...after)];
  return least === most ? healthy(most) : `${healthy(least)} to ${healthy(most)}`;
}

const rows: string[][] = [];
for (const [load, storm] of Object.entries(LOADS)) {
  for (const maxRetries of RETRIES) {
    const row = [load, `${maxRetries}`];
    for (const clients of CLIENTS) row.push(await recovery(storm, clients, { maxRetries }));
    row.push(await recovery(storm, 30, { maxRetries, budget: false }));
    rows.push(row);
  }
}

publish({
  name: 'fleets',
  file: import.meta.filename,
  notes: [
    `Seconds until the service is healthy again, as above, the fewest and the most of ${SEEDS.length} seeds: \`retry()\` in several independent clients.`,
    '27 s or more is when the calls end, not a recovery.',
  ],
  head: [
    'load',
    'retries',
    '1 client',
    ...CLIENTS.slice(1).map((clients) => `${clients} clients`),
    '30, without a budget',
  ],
  rows,
});
