// One of the processes of a shared limit. Sends until the time is over, prints what became of it in each tenth of a second.
//
//   node worker.ts API STORE_PORT SECONDS WORKERS RATE      STORE_PORT 0: no store. RATE 0: as fast as it is let

import { type LimitStore, rateLimit } from '@steadfetch/rate-limit';
import { redisStore } from '@steadfetch/redis';
import { Redis } from 'ioredis';

const [api = '', port = '0', ...numbers] = process.argv.slice(2);
const [seconds, workers, rate] = numbers.map(Number) as [number, number, number];
const tenths: number[] = [];
const times: number[] = [];
const events: string[] = [];
let lost = 0;
let questions = 0;

const client = port === '0' ? undefined : new Redis(Number(port), { retryStrategy: () => 200 });
client?.on('error', () => {}); // the store is stopped on purpose
const started = Date.now();
const limited = rateLimit({ scope: 'origin', maxResends: 1_000, ...(client ? { store: counted(client) } : {}) })(fetch);
const end = started + seconds * 1_000;

if (rate > 0) await arrive();
else await Promise.all(Array.from({ length: workers }, work));
client?.disconnect();
console.log(JSON.stringify({ tenths, times, lost, questions, events }));
process.exit(0);

function counted(redis: Redis): LimitStore {
  const at = () => Date.now() - started;
  const send = ([name, ...args]: readonly string[]) => {
    questions++;
    return redis.call(name!, ...args);
  };
  return redisStore(send, {
    hooks: { onDown: () => events.push(`down ${at()}`), onUp: () => events.push(`up ${at()}`) },
  });
}

async function work(): Promise<void> {
  while (Date.now() < end) await call();
}

/** Calls that come whether or not the ones before have been answered, at random times. */
async function arrive(): Promise<void> {
  const pending: Promise<void>[] = [];
  let next = performance.now();
  const last = next + seconds * 1_000;
  while (next < last) {
    next += (-Math.log(1 - Math.random()) * 1_000) / rate;
    const wait = next - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    pending.push(call());
  }
  await Promise.all(pending);
}

async function call(): Promise<void> {
  const begun = performance.now();
  try {
    const response = await limited(api);
    await response.arrayBuffer();
    if (response.status !== 200) lost++;
  } catch {
    lost++;
    return;
  }
  times.push(performance.now() - begun);
  const tenth = Math.floor((Date.now() - started) / 100);
  tenths[tenth] = (tenths[tenth] ?? 0) + 1;
}
