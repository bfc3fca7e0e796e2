// What a call holds while it waits: for a retry, and at the gate of a rate limit.
//
//   node packages/bench/src/memory/run.ts

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { maxRetries, onStatus, retryWith, TRANSIENT } from '@steadfetch/retry';
import { withRetry } from 'fetch-extras';
import fetchRetry from 'fetch-retry';
import ky from 'ky';
import { type Fetch, rateLimit, retry } from 'steadfetch';
import { publish } from '../publish.ts';

const CALLS = 10_000;
const URL = 'https://api.example.com/users/1';
const HOUR = { 'retry-after': '30' };
const refuse =
  (status: number): Fetch =>
  async () =>
    new Response(null, { status, headers: HOUR });
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const SUBJECTS: readonly [name: string, fetch: Fetch][] = [
  ['retry(), in its wait', retry({ budget: false })(refuse(503))],
  ['retryWith(), in its wait', retryWith(maxRetries(3), onStatus(...TRANSIENT))(refuse(503))],
  ['rateLimit(), at the gate', rateLimit({ maxQueue: CALLS, maxWait: 60_000 })(refuse(429))],
  ['fetch-retry', fetchRetry(refuse(503), { retryOn: [503], retryDelay: 30_000 }) as Fetch],
  ['fetch-extras withRetry', withRetry()(refuse(503) as typeof fetch) as Fetch],
  ['ky', ky.extend({ fetch: refuse(503), timeout: false }) as unknown as Fetch],
];

async function settleDown(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    collect();
  }
}

/** Until these calls have ended, as what they hold would count as less for the next ones. A peer may ignore the abort. */
async function ended(calls: Promise<unknown>[]): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, 5_000);
  });
  await Promise.race([Promise.all(calls), late]);
  clearTimeout(timer);
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const rows: (string | number)[][] = [];
for (const [name, fetch] of SUBJECTS) {
  const controller = new AbortController();
  await settleDown();
  const [heap, before] = [process.memoryUsage().heapUsed, timers()];
  const waiting: Promise<unknown>[] = [];
  for (let call = 0; call < CALLS; call++) {
    waiting.push(Promise.resolve(fetch(URL, { signal: controller.signal })).catch(() => {}));
  }
  await settleDown();
  const bytes = (process.memoryUsage().heapUsed - heap) / CALLS;
  rows.push([name, (bytes / 1_000).toFixed(2), timers() - before]);
  controller.abort();
  await ended(waiting);
}

publish({
  name: 'memory',
  file: import.meta.filename,
  peers: ['ky', 'fetch-extras', 'fetch-retry'],
  notes: [
    `${CALLS.toLocaleString('en')} calls with one signal wait at the same time; the heap that each of them holds, in thousands of bytes.`,
  ],
  head: ['waiting in', 'kB per call', 'timers'],
  rows,
});
process.exit();
