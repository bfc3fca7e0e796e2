// What the budget of standard() costs in outages of seconds, and what it saves where a service has little room.
//
//   pnpm bench outages

import { publish } from '../publish.ts';
import { each } from './arrivals.ts';
import { plainWith, standardWith } from './clients.ts';
import { type Client, live } from './live.ts';
import { between, except, narrow, sometimes } from './servers.ts';
import type { Calls, Outcome, Reply, Situation } from './situation.ts';

const MINUTE = 60_000;
const SEEDS = [1, 2, 3];

const tenths = (share: number): string => `${(100 * share).toFixed(1)} %`;
const unavailable = (retryAfter: number): Reply => ({ status: 503, headers: { 'retry-after': `${retryAfter}` } });

async function meanOf(situation: Situation, client: Client, measure: (outcome: Outcome) => number): Promise<number> {
  let sum = 0;
  for (const seed of SEEDS) sum += measure(await live(situation, client, seed));
  return sum / SEEDS.length;
}

/** Behind a plain retry, and behind `standard()`. */
async function both(situation: Situation, maxRetries: number, measure: (outcome: Outcome) => number) {
  const plain = await meanOf(situation, plainWith({ maxRetries }), measure);
  const ours = await meanOf(situation, standardWith({ retry: { maxRetries } }), measure);
  return [tenths(plain), tenths(ours)];
}

const REFUSED: Reply = { error: 'ECONNREFUSED', after: 1 };
/**
 * With `calls`, they are made for so many seconds, from the beginning of the outage on; else for a minute. With `chance`, such a share
 * of the requests fails at other times.
 */
interface Outage {
  seconds: number;
  of: string;
  reply: Reply;
  retries: number;
  calls?: number;
  chance?: number;
}

const OUTAGES: readonly Outage[] = [
  { seconds: 5, of: '503 with `Retry-After: 3`', reply: unavailable(3), retries: 2, calls: 2 },
  { seconds: 2, of: '503 with `Retry-After: 1`', reply: unavailable(1), retries: 2, calls: 2 },
  { seconds: 5, of: '503 with `Retry-After: 3`', reply: unavailable(3), retries: 2 },
  { seconds: 5, of: '503 with `Retry-After: 2`', reply: unavailable(2), retries: 2 },
  { seconds: 5, of: '503 with `Retry-After: 2`', reply: unavailable(2), retries: 2, chance: 0.03 },
  { seconds: 5, of: '503 with `Retry-After: 1`', reply: unavailable(1), retries: 5 },
  { seconds: 10, of: '503 with `Retry-After: 3`', reply: unavailable(3), retries: 5 },
  { seconds: 1, of: 'refused connections', reply: REFUSED, retries: 2 },
  { seconds: 2, of: 'refused connections', reply: REFUSED, retries: 2 },
  { seconds: 2, of: 'refused connections', reply: REFUSED, retries: 5 },
  { seconds: 5, of: 'refused connections', reply: REFUSED, retries: 5 },
  { seconds: 5, of: 'refused connections', reply: REFUSED, retries: 5, chance: 0.03 },
];
const GAP = 20;

async function outageRow({ seconds, of, reply, retries, calls, chance = 0 }: Outage): Promise<string[]> {
  const noise = chance > 0 ? `; ${100 * chance} % fail at other times` : '';
  const name = `${seconds} s of ${of}${calls ? `, calls for ${calls} s` : ''}${noise}`;
  const from = calls ? 0 : 20_000;
  const lasts = 1_000 * (calls ?? 60);
  const situation: Situation = {
    name,
    lasts,
    calls: each(GAP, lasts),
    server: except(between(from, from + 1_000 * seconds), reply, sometimes(chance, { status: 503 })()),
  };
  const met = (1_000 * Math.min(seconds, calls ?? 60)) / GAP;
  const lost = (outcome: Outcome) => ((1 - outcome.success) * outcome.calls) / met;
  return [name, String(retries), ...(await both(situation, retries, lost))];
}

const CAPACITY = 200;
const LOADS = [0.7, 0.8, 0.9];
const REFUSALS: readonly { says: string; reply: (chance: number) => Reply }[] = [
  { says: '`Retry-After: 1`', reply: () => unavailable(1) },
  { says: '`Retry-After` of 2 to 4', reply: (chance) => unavailable(2 + Math.floor(3 * chance)) },
  { says: 'nothing', reply: () => ({ status: 503 }) },
];

/** As many calls as the load asks for, but for three seconds half as many again as there is room for. */
function peak(load: number): () => Calls {
  return () => {
    const at: number[] = [];
    for (let time = 0; time < MINUTE; ) {
      at.push(time);
      const rate = CAPACITY * (time >= 10_000 && time < 13_000 ? 1.5 : load);
      time += 1_000 / rate;
    }
    return { at };
  };
}

async function peakRow(load: number, { says, reply }: (typeof REFUSALS)[number]): Promise<string[]> {
  const name = `${100 * load} % load, a refusal says ${says}`;
  const situation: Situation = { name, lasts: MINUTE, calls: peak(load), server: narrow(CAPACITY, 0.8, reply) };
  return [name, '2', ...(await both(situation, 2, ({ success }) => 1 - success))];
}

const rows: string[][] = [];
for (const outage of OUTAGES) rows.push(await outageRow(outage));
for (const refusal of REFUSALS) for (const load of LOADS) rows.push(await peakRow(load, refusal));

publish({
  name: 'outages',
  file: import.meta.filename,
  notes: [
    `Calls lost, means of ${SEEDS.length} seeds. Outages: 50 calls a second, share lost of the calls made while the service is down. Loads: a service`,
    `that can do ${CAPACITY} requests a second, whose refusals cost 0.8 of an answer, meets 150 % load for 3 s; share lost of all calls of a minute.`,
  ],
  head: ['situation', 'retries', 'plain retry', '`standard()`'],
  rows,
});
