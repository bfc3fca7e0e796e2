// The budget of steadfetch against the rules of others, all under retry() in the same storms.
//
//   node packages/bench/src/storms/budgets.ts

import { compose } from '@steadfetch/core';
import { retry } from '@steadfetch/retry';
import { type ClientMaker, type SimulateOptions, type StormReport, simulate } from '@steadfetch/testing';
import { publish } from '../publish.ts';
import { RULES, type RuleMaker } from './rules.ts';
import { healthy, OUTAGE, percent, STORM, TIGHT_STORM } from './settings.ts';

type Storm = Omit<SimulateOptions, 'client'>;

const SHORT: Storm = { ...TIGHT_STORM, service: { ...TIGHT_STORM.service, outage: { from: 10_000, to: 12_000 } } };
const QUIET: Storm = { ...STORM, clients: 100 };
const CALM: Storm = { arrivals: 300, service: { capacity: 1_000, failRate: 0.25 }, seconds: 30 };
const SEEDS = [1, 2, 3];

function clientOf(makeRule: RuleMaker): ClientMaker {
  return (fetch, { clock, random }) => {
    const { budget, around = (next) => next, inside = (next) => next } = makeRule(clock);
    return compose(around, retry({ clock, random, budget }), inside)(fetch);
  };
}

async function mean(rule: RuleMaker, storm: Storm, pick: (report: StormReport) => number): Promise<number> {
  let sum = 0;
  for (const seed of SEEDS) {
    sum += pick(await simulate({ ...storm, client: clientOf(rule), globals: false, seed }));
  }
  return sum / SEEDS.length;
}

const whileDown = ({ sentPerCallDown }: StormReport) => sentPerCallDown!;
const calm = ({ calmSuccess }: StormReport) => calmSuccess;

async function rowOf([name, rule]: [string, RuleMaker]): Promise<string[]> {
  const tight = await simulate({ ...TIGHT_STORM, client: clientOf(rule), globals: false });
  return [
    name,
    percent(await mean(rule, CALM, calm)),
    percent(await mean(rule, { ...CALM, clients: 100 }, calm)),
    ...(await Promise.all([TIGHT_STORM, SHORT, QUIET].map((storm) => mean(rule, storm, whileDown)))).map((share) =>
      share.toFixed(2),
    ),
    healthy(tight.healthyAfter),
  ];
}

const rows: string[][] = [];
for (const entry of Object.entries(RULES)) rows.push(await rowOf(entry));

publish({
  name: 'budgets',
  file: import.meta.filename,
  notes: [
    `Means of ${SEEDS.length} seeds, \`retry()\` with two retries. Calm: 300 calls a second, every fourth request fails, from one client or`,
    `from 100. Down: requests per call during an outage of ${(OUTAGE.to - OUTAGE.from) / 1_000} s and of 2 s at 900 calls a second, and of 10 s for 100 clients with 8`,
    'calls a second each.',
  ],
  head: ['rule', 'calm', 'calm, 100 clients', 'down', 'down 2 s', 'down, 100 clients', 'healthy again after'],
  rows,
});
