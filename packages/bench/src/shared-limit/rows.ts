// The rows of the benchmark: which processes run at which limit, and what happens meanwhile.

import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { option } from '../option.ts';
import type { Limit } from '../rate-limits/measure.ts';
import type { StoreServer } from './store-server.ts';

export const SECONDS = Number(option('seconds') ?? 40);
const LIMIT: Limit = { rate: 100, burst: 20, hint: 'retry-after' };
const TOLD: Limit = { ...LIMIT, hint: 'ratelimit' };
/** After the cold start, seconds. */
export const AFTER = SECONDS / 4;
export const SLOW: Limit = { rate: 80 / 60, burst: 100, hint: 'retry-after' };

/** Processes at one limit, and what happens to them. */
export interface Row {
  readonly name: string;
  readonly limit: Limit;
  readonly hasStore?: boolean;
  /** Calls a second at random times; else as fast as they are let. */
  readonly load?: number;
  readonly seconds?: number;
  /** Since when it is measured once more, seconds: without the cold start, or what happens. */
  readonly after?: number;
  /** Processes, and clients of the limit in each. */
  readonly processes?: number;
  readonly members?: number;
  readonly workers?: number;
  /** What happens meanwhile. */
  readonly meanwhile?: (store: StoreServer, processes: readonly ChildProcess[]) => Promise<void>;
}

const killStore = (store: StoreServer) => sleep(SECONDS * 400).then(() => store.stop());
const away = async (store: StoreServer) => {
  await killStore(store);
  await sleep(5_000);
  await store.start();
};
const FIFTY = { processes: 10, members: 5, workers: 2 };

/** Two rows run side by side: more would measure the machine. */
export const GROUPS: readonly (readonly Row[])[] = [
  [
    { name: 'untold', limit: LIMIT },
    { name: 'untold, without a hint', limit: { ...LIMIT, hint: 'none' } },
  ],
  [
    { name: 'told', limit: TOLD },
    { name: 'without a store', limit: LIMIT, hasStore: false },
  ],
  [
    { name: 'store away for 5 s, then empty', limit: LIMIT, meanwhile: away },
    { name: 'store away for 5 s, then empty, told', limit: TOLD, meanwhile: away },
  ],
  [
    { name: 'store gone for good', limit: LIMIT, meanwhile: killStore },
    {
      name: 'two of eight killed',
      limit: LIMIT,
      after: SECONDS / 2 + 2,
      meanwhile: async (_, processes) => {
        await sleep(SECONDS * 500);
        for (const one of processes.slice(0, 2)) one.kill('SIGKILL');
      },
    },
  ],
  [
    { name: 'fifty clients at 80 a minute', limit: SLOW, ...FIFTY },
    { name: 'fifty clients at 80 a minute, told', limit: { ...SLOW, hint: 'ratelimit' }, ...FIFTY },
  ],
  [{ name: 'light load, 80 of 100/s', limit: TOLD, load: 80, seconds: SECONDS / 2 }],
  [
    {
      name: 'light load, 1,000 of 5,000/s',
      limit: fast('ratelimit', 5_000),
      load: 1_000,
      seconds: SECONDS / 4,
      after: SECONDS / 8,
    },
  ],
  [
    {
      name: 'the same, bare',
      limit: fast('none', 1e6),
      hasStore: false,
      load: 1_000,
      seconds: SECONDS / 4,
      after: SECONDS / 8,
    },
  ],
];

function fast(hint: Limit['hint'], rate: number): Limit {
  return { rate, burst: rate, hint };
}
