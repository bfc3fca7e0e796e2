// Sends calls with faults through the standard stack, and measures what stays in memory. To run it at full length:
//
//   node packages/steadfetch/test/soak.ts

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fakeFetch, instantClock, type Reply, seededRandom } from '@steadfetch/testing';
import { standard } from '../src/index.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const FAULTS: Reply[] = [503, 500, 'network-error', { fault: 'reset-mid-body' }, { fault: 'truncate' }, 429];
/** More than the state of any key may hold. */
const ORIGINS = 3_000;
const BATCH = 500;

export interface Soak {
  /** The number of calls that succeeded. */
  good: number;
  /** Bytes in use after the first fifth of the calls, and after all. */
  heap: number[];
}

/** Makes calls with 5 % faults. All have the same signal, which outlives them. */
export async function soak(total: number): Promise<Soak> {
  const random = seededRandom(5);
  const clock = instantClock();
  const { signal } = new AbortController();
  const layers = { idempotencyKey: true, concurrency: 50, bufferBody: true };
  const stack = standard({ timeout: false, attemptTimeout: { body: 5_000 }, ...layers, clock });
  const reply = () => (random() < 0.05 ? FAULTS[Math.floor(random() * FAULTS.length)]! : { body: 'ok' });
  let good = 0;
  const heap: number[] = [];
  for (let from = 0; from < total; from += BATCH) {
    // a fake fetch keeps its calls, so each batch gets a new one below the same stack
    const fetch = stack(fakeFetch(reply));
    const calls = Array.from({ length: BATCH }, async (_, index) => {
      const call = from + index;
      const url = `https://host-${call % ORIGINS}.test/${call}`;
      const response = await fetch(url, { method: call % 3 === 0 ? 'POST' : 'GET', signal });
      if ((await response.text()) === 'ok') good++;
    });
    await Promise.allSettled(calls);
    if ([total / 5, total].includes(from + BATCH)) heap.push(await bytesInUse());
  }
  return { good, heap };
}

async function bytesInUse(): Promise<number> {
  for (let turn = 0; turn < 4; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    gc();
  }
  return process.memoryUsage().heapUsed;
}

if (import.meta.main) console.log(await soak(100_000));
