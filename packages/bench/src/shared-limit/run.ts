// Processes at one limit, with a store and without, in real time. Writes the table into docs/benchmarks.md.
//
//   pnpm bench shared-limit [--only=NAME] [--seconds=40]

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RedisStore, redisStore } from '@steadfetch/redis';
import { NOTHING } from '@steadfetch/shared-limit';
import { Redis } from 'ioredis';
import { bucket, fleet } from '../../../shared-limit/test/support/fleet.ts';
import { option } from '../option.ts';
import { publish } from '../publish.ts';
import { startLimitedServer } from '../rate-limits/measure.ts';
import { AFTER, GROUPS, type Row, SECONDS, SLOW } from './rows.ts';
import { StoreServer } from './store-server.ts';

interface Worked {
  readonly members: readonly {
    readonly tenths: readonly (number | null)[];
    /** How long each call took, and when it began, ms. */
    readonly times: readonly number[];
    readonly starts: readonly number[];
    readonly lost: number;
  }[];
  readonly questions: number;
  readonly events: readonly string[];
}

/** A row that is set up and waits for its beginning. */
async function prepare(row: Row): Promise<() => Promise<string[]>> {
  const { seconds = SECONDS, after = AFTER, processes: count = 8, members = 1, workers = 10, load = 0 } = row;
  const store = await StoreServer.start();
  const api = await startLimitedServer(row.limit);
  const port = row.hasStore === false ? 0 : store.port;
  const args = [join(import.meta.dirname, 'worker.ts'), api.url, port, seconds, members, workers, load / count];
  const processes = Array.from({ length: count }, () =>
    spawn(process.execPath, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  await Promise.all(processes.map(({ stdout }) => once(stdout!, 'data')));
  return async () => {
    const texts = processes.map(outputOf);
    for (const { stdin } of processes) stdin!.end('begin\n');
    const meanwhile = row.meanwhile?.(store, processes);
    const countsOf = async () => (await (await fetch(`${api.url}/counts`)).json()) as Counts;
    const before = sleep(after * 1_000).then(countsOf);
    const worked = (await Promise.all(texts)).filter((text) => text !== '').map((text) => JSON.parse(text) as Worked);
    await meanwhile;
    const counts = await countsOf();
    const script = port === 0 || row.name.includes('good') ? '' : await scriptCost(store);
    api.stop();
    store.stop();
    return rowOf(row, worked, counts, await before, script);
  };
}

type Counts = Record<'accepted' | 'refused', number>;

function rowOf(row: Row, worked: readonly Worked[], counts: Counts, before: Counts, script: string): string[] {
  const { name, limit, load, seconds = SECONDS, after = AFTER } = row;
  const members = worked.flatMap((one) => one.members);
  const done = members.map(({ times }) => times.length);
  const sum = done.reduce((a, b) => a + b, 0);
  const jain = sum ** 2 / (done.length * done.reduce((a, b) => a + b * b, 0));
  const questions = worked.reduce((a, one) => a + one.questions, 0);
  console.log(`${name}: ${worked.flatMap(({ events }) => events).join(', ') || 'the store was never down'}`);
  console.log(`each second: ${perSecond(members, seconds).join(' ')}`);
  const refused = ({ accepted, refused: not }: Counts) => `${((100 * not) / (accepted + not)).toFixed(2)} %`;
  const share = (accepted: number, allowed: number) => (load ? '' : `${((100 * accepted) / allowed).toFixed(1)} %`);
  const later = { accepted: counts.accepted - before.accepted, refused: counts.refused - before.refused };
  return [
    name,
    String(members.reduce((a, one) => a + one.lost, 0)),
    refused(counts),
    share(counts.accepted, limit.rate * seconds + limit.burst),
    `${after} s`,
    refused(later),
    share(later.accepted, limit.rate * (seconds - after)),
    jain.toFixed(3),
    questions > 0 ? (questions / sum).toFixed(3) : '',
    load ? timesOf(members, 0) : '',
    load ? timesOf(members, after) : '',
    script,
  ];
}

/** Median and p99 of the calls that began after so many seconds. */
function timesOf(members: Worked['members'], after: number): string {
  const times = members.flatMap((one) => one.times.filter((_, n) => one.starts[n]! >= after * 1_000));
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(part * times.length)]!.toFixed(1);
  return `${at(0.5)} / ${at(0.99)} ms`;
}

/** What was accepted in each second; of processes that were killed nothing is known. */
function perSecond(members: Worked['members'], seconds: number): number[] {
  const sums = Array.from({ length: Math.ceil(seconds) }, () => 0);
  for (const { tenths } of members) {
    for (const [tenth, count] of tenths.entries()) {
      const second = Math.floor(tenth / 10);
      if (second < sums.length) sums[second]! += count ?? 0;
    }
  }
  return sums;
}

/** The mean time of a call that names the script by its hash. With a wrong hash each of them fails, in no time, and the script is sent as a whole. */
async function scriptCost(store: StoreServer): Promise<string> {
  const client = new Redis(store.port);
  const stats = await client.info('commandstats');
  client.disconnect();
  const [, calls, cost, failed] =
    /cmdstat_evalsha:calls=(\d+),.*_per_call=([\d.]+),.*failed_calls=(\d+)/.exec(stats) ?? [];
  if (!(Number(failed) < Number(calls) / 2)) throw new Error('Redis did not find the script: is SHA its hash?');
  return `${cost} µs`;
}

async function outputOf({ stdout }: ChildProcess): Promise<string> {
  let text = '';
  for await (const part of stdout!) text += part;
  return text;
}

const rows: string[][] = [];
for (const group of GROUPS) {
  const ready: (() => Promise<string[]>)[] = [];
  for (const row of group) if (row.name.includes(option('only') ?? '')) ready.push(await prepare(row));
  if (ready.length > 0) await sleep(1_000); // the machine comes to rest
  for (const measured of await Promise.all(ready.map((begin) => begin()))) {
    console.log(measured.join(' | '));
    rows.push(measured);
  }
}

/** Ten calls were accepted, and slots for ten more are asked for. */
function questionAt(now: number): Parameters<RedisStore['ask']>[1] {
  return { ...NOTHING, want: 10, requests: 10, accepted: [{ from: now - 20, to: now, cost: 10 }] };
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

/** Fifty clients at 80 a minute: what a limit of few calls costs in the long run is seen in minutes, so in virtual time. */
async function measureMinutes(): Promise<string> {
  const { rate, burst } = SLOW;
  const texts: string[] = [];
  for (const hint of ['retry-after', 'told'] as const) {
    const group = fleet(50, bucket(rate, burst, hint), { pause: 100 });
    let passed = 0;
    for (const minutes of [10, 30]) {
      await group.run(60 * (minutes - passed));
      passed = minutes;
      const accepted = group.accepted.reduce((a, b) => a + b, 0);
      const refused = ((100 * group.refused) / (accepted + group.refused)).toFixed(2);
      const share = ((100 * accepted) / (rate * 60 * minutes + burst)).toFixed(1);
      const jain = group.jain().toFixed(3);
      texts.push(
        `${hint}, ${minutes} minutes: ${group.lost} lost, ${refused} % refused, share ${share} %, Jain ${jain}`,
      );
    }
  }
  return `Fifty clients at 80 a minute in virtual time: ${texts.join('; ')}.`;
}

const minutes = option('only') === undefined || option('only') === 'minutes' ? await measureMinutes() : '';
console.log(minutes);
const keys = option('only') === undefined || option('only') === 'keys' ? await measureKeys() : '';
console.log(keys);
if (option('only') === undefined) {
  publish({
    name: 'shared-limit',
    file: import.meta.filename,
    peers: ['ioredis'],
    notes: [
      `Eight processes with ten workers each for ${SECONDS} s, at a bucket of 20 that refills with 100 a second, unless the row says`,
      'otherwise. They begin together; each row has a redis-server of its own, all on loopback of one machine with two cores, and rows at',
      'less than 200 a second run two side by side. Share: of the burst and the allowed rate, from the beginning on: a cold start is in it. After: the',
      'same from a later second on: after the cold start, and where two are killed from 2 s after that on. Questions: round trips to the',
      'store per call. Light load: calls at random times; how long a call took, median and p99. Fifty clients: five in each of ten processes.',
      `Script: its cost on the server, per round trip. ${minutes} ${keys}`,
    ],
    head: [
      'run',
      'lost',
      'refused',
      'share',
      'after',
      'refused',
      'share',
      'Jain',
      'questions',
      'time',
      'time after',
      'script',
    ],
    rows,
  });
}
