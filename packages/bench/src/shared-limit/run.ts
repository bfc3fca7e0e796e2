// Eight processes at one limit, with a store and without, in real time. Writes the table into docs/benchmarks.md.
//
//   pnpm bench shared-limit [--only=NAME] [--seconds=60]

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RedisStore, redisStore } from '@steadfetch/redis';
import { Redis } from 'ioredis';
import { publish } from '../publish.ts';
import { type Limit, startLimitedServer } from '../rate-limits/measure.ts';
import { StoreServer } from './store-server.ts';

const PROCESSES = 8;
const option = (name: string) => process.argv.find((one) => one.startsWith(`--${name}=`))?.split('=')[1];
const seconds = Number(option('seconds') ?? 60);
const LIMIT: Limit = { rate: 100, burst: 20, hint: 'retry-after' };
const TOLD: Limit = { ...LIMIT, hint: 'ratelimit' };

interface Row {
  readonly name: string;
  readonly limit: Limit;
  readonly hasStore?: boolean;
  readonly load?: number;
  /** What happens meanwhile. */
  readonly meanwhile?: (store: StoreServer, processes: readonly ChildProcess[]) => Promise<void>;
}

const killStore = (store: StoreServer) => sleep(seconds * 400).then(() => store.stop());
const ROWS: readonly Row[] = [
  { name: 'untold', limit: LIMIT },
  { name: 'untold, without a hint', limit: { ...LIMIT, hint: 'none' } },
  { name: 'told', limit: TOLD },
  { name: 'without a store', limit: LIMIT, hasStore: false },
  {
    name: 'store away for 5 s, then empty',
    limit: LIMIT,
    meanwhile: (store) =>
      killStore(store)
        .then(() => sleep(5_000))
        .then(() => store.start()),
  },
  { name: 'store gone for good', limit: LIMIT, meanwhile: killStore },
  {
    name: 'two of eight killed',
    limit: LIMIT,
    meanwhile: async (_, processes) => {
      await sleep(seconds * 500);
      for (const one of processes.slice(0, 2)) one.kill('SIGKILL');
    },
  },
  { name: 'light load, 80 of 100/s', limit: TOLD, load: 80 },
  { name: 'light load, 1,000 of 5,000/s', limit: { rate: 5_000, burst: 5_000, hint: 'ratelimit' }, load: 1_000 },
  {
    name: 'the same without a store or a limiter that waits',
    limit: { rate: 1e6, burst: 1e6, hint: 'none' },
    hasStore: false,
    load: 1_000,
  },
];

interface Worked {
  readonly tenths: readonly (number | null)[];
  readonly times: readonly number[];
  readonly lost: number;
  readonly questions: number;
  readonly events: readonly string[];
}

async function measure(row: Row): Promise<string[]> {
  const store = await StoreServer.start();
  const api = await startLimitedServer(row.limit);
  const port = row.hasStore === false ? 0 : store.port;
  const args = [join(import.meta.dirname, 'worker.ts'), api.url, port, seconds, 10, (row.load ?? 0) / PROCESSES];
  const processes = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const lines = processes.map(outputOf);
  const meanwhile = row.meanwhile?.(store, processes);
  const worked = (await Promise.all(lines)).filter((line) => line !== '').map((line) => JSON.parse(line) as Worked);
  await meanwhile;
  const counts = (await (await fetch(`${api.url}/counts`)).json()) as Record<'accepted' | 'refused', number>;
  const script = port === 0 || row.name.includes('good') ? '' : await scriptCost(store);
  api.stop();
  store.stop();
  return rowOf(row, worked, counts, script);
}

function rowOf(
  { name, limit, load }: Row,
  worked: readonly Worked[],
  { accepted, refused }: Record<'accepted' | 'refused', number>,
  script: string,
): string[] {
  const done = worked.map(({ times }) => times.length);
  const sum = done.reduce((a, b) => a + b, 0);
  const jain = sum ** 2 / (done.length * done.reduce((a, b) => a + b * b, 0));
  const times = worked.flatMap((one) => one.times).sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(part * times.length)]!.toFixed(1);
  const questions = worked.reduce((a, one) => a + one.questions, 0);
  const events = worked.flatMap((one) => one.events.map((text) => text.split(' ')[0]));
  const count = (kind: string) => events.filter((one) => one === kind).length;
  console.log(`${name}: the store was down ${count('down')} times, and up again ${count('up')} times`);
  if (name.includes('killed')) console.log(`each second: ${perSecond(worked).join(' ')}`);
  return [
    name,
    String(worked.reduce((a, one) => a + one.lost, 0)),
    `${((100 * refused) / (accepted + refused)).toFixed(2)} %`,
    load ? '' : `${((100 * accepted) / (limit.rate * seconds)).toFixed(1)} %`,
    jain.toFixed(3),
    questions > 0 ? (questions / sum).toFixed(3) : '',
    load ? `${at(0.5)} / ${at(0.99)} ms` : '',
    script,
  ];
}

/** What the others did while two were killed. */
function perSecond(worked: readonly Worked[]): number[] {
  const sums = Array.from({ length: seconds }, () => 0);
  for (const { tenths } of worked) tenths.forEach((count, tenth) => (sums[Math.floor(tenth / 10)]! += count ?? 0));
  return sums;
}

async function scriptCost(store: StoreServer): Promise<string> {
  const client = new Redis(store.port);
  const stats = await client.info('commandstats');
  client.disconnect();
  return `${/cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(stats)?.[1] ?? ''} µs`;
}

async function outputOf({ stdout }: ChildProcess): Promise<string> {
  let text = '';
  for await (const part of stdout!) text += part;
  return text;
}

const rows: string[][] = [];
for (const row of ROWS.filter(({ name }) => name.includes(option('only') ?? ''))) {
  const measured = await measure(row);
  console.log(measured.join(' | '));
  rows.push(measured);
}

/** Ten calls were accepted, and slots for ten more are asked for. */
function questionAt(now: number): Parameters<RedisStore['ask']>[1] {
  const accepted = [{ from: now - 20, to: now, cost: 10 }];
  const nothing = { known: 0, alone: false, extra: 0, refusal: undefined, quotas: [], lastRate: 0, lastBurst: 0 };
  return { ...nothing, want: 10, cost: 1, requests: 10, accepted };
}

/** What 100,000 limits cost the server, each of which 20 calls have used. */
async function measureKeys(): Promise<string> {
  const server = await StoreServer.start();
  const client = new Redis(server.port);
  const store = redisStore(client);
  const memory = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]);
  const before = await memory();
  const KEYS = 100_000;
  for (let at = 0; at < KEYS; at += 500) {
    const keys = Array.from({ length: 500 }, (_, n) => `https://${at + n}.example.com`);
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all(keys.map((key) => store.ask(key, questionAt(Date.now()))));
    }
  }
  const bytes = ((await memory()) - before) / KEYS;
  await client.config('RESETSTAT');
  await Promise.all(
    Array.from({ length: 2_000 }, (_, n) => store.ask(`https://${n * 49}.example.com`, questionAt(Date.now()))),
  );
  const cost = await scriptCost(server);
  client.disconnect();
  server.stop();
  return `100,000 limits take ${Math.round(bytes)} bytes each; the script then costs ${cost} per round trip.`;
}

const keys = option('only') === undefined || option('only') === 'keys' ? await measureKeys() : '';
console.log(keys);
if (option('only') === undefined) {
  publish({
    name: 'shared-limit',
    file: import.meta.filename,
    peers: ['ioredis'],
    notes: [
      `Eight processes with ten workers each for ${seconds} s, at a bucket of 20 that refills with 100 a second, unless the row says`,
      'otherwise; one redis-server, all on loopback of one machine with two cores. Share: of the allowed rate, from the first request',
      'on. Questions: round trips to the store per call. Light load: calls at random times; how long a call took, median and p99.',
      `Script: its cost on the server, per round trip. ${keys}`,
    ],
    head: ['run', 'lost', 'refused', 'share', 'Jain', 'questions', 'time', 'script'],
    rows,
  });
}
