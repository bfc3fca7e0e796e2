import { plainRetry, retryAndLimit } from './clients.ts';
import { bucket, unlimited } from './limits.ts';
import { type Client, live } from './live.ts';
import type { Load, NoiseSpec, Row } from './row.ts';

/** Which callers call what, and which answers mean nothing. */
export interface NoiseSetting {
  readonly load: Load;
  readonly limited: boolean;
  readonly status: 429 | 503;
  /** `Retry-After` in seconds, of the noise; the bucket then tells its own. */
  readonly retryAfter: number | undefined;
}

export const SHARES = [0.01, 0.02, 0.05] as const;
const OPEN: Load = { perSecond: 50 };
const WORKERS: Load = { workers: 40 };

export const NOISE_SETTINGS: readonly NoiseSetting[] = [false, true].flatMap((limited) =>
  [OPEN, WORKERS].flatMap((load) =>
    ([429, 503] as const).flatMap((status) =>
      [undefined, 1, 30].map((retryAfter) => ({ load, limited, status, retryAfter })),
    ),
  ),
);

/**
 * Throughput with noise, in % of what is possible: what a plain retry gets with the same noise where there is no limit;
 * where there is one, no more than the middleware gets without noise.
 */
export async function throughput(setting: NoiseSetting, share: number, seed: number): Promise<number> {
  const { status, retryAfter, limited } = setting;
  const noise = { share, status, ...(retryAfter === undefined ? {} : { retryAfter }) };
  const got = await accepted(rowOf(setting, noise), retryAndLimit, seed);
  const plain = await accepted(rowOf({ ...setting, limited: false }, noise), plainRetry, seed);
  const calm = limited ? await accepted(rowOf(setting), retryAndLimit, seed) : Infinity;
  return (100 * got) / Math.min(plain, calm);
}

export function nameOf({ load, limited, status, retryAfter }: NoiseSetting): string {
  const calls = 'perSecond' in load ? `${load.perSecond} calls/s` : '40 workers';
  const limit = limited ? 'a bucket of 100/s, burst 20' : 'no limit';
  return `${limit}, ${calls}, ${status}${retryAfter === undefined ? '' : ` with Retry-After ${retryAfter}`}`;
}

function rowOf({ load, limited, retryAfter }: NoiseSetting, noise?: NoiseSpec): Row {
  return {
    name: 'noise',
    limit: limited ? bucket(100, 20) : unlimited(),
    hint: retryAfter === undefined ? 'nothing' : 'seconds',
    load,
    latency: 100,
    lasts: 40_000,
    ...(noise === undefined ? {} : { noise }),
  };
}

async function accepted(row: Row, client: Client, seed: number): Promise<number> {
  return (await live(row, client, seed)).accepted.length;
}
