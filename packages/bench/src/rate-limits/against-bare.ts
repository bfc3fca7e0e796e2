import { median } from '../median.ts';
import { CLIENTS, type Client } from './clients.ts';
import { type Limit, startLimitedServer } from './measure.ts';

const ROUNDS = 25;
const JOBS = 2_000;
const WORKERS = 40;

/**
 * How fast a client is without a limit, as a share of how fast another is. Both take turns in one process, so that a
 * machine that slows down slows both; the medians count.
 */
export async function against(ours: string, bare: string): Promise<number> {
  const limit: Limit = { rate: 1e9, burst: 1e9, hint: 'none' };
  const { url, stop } = await startLimitedServer(limit);
  const clients = [await CLIENTS[ours]!(limit), await CLIENTS[bare]!(limit)];
  const times: [number[], number[]] = [[], []];
  for (let round = -1; round < ROUNDS; round++) {
    for (const turn of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const ms = await timeOf(clients[turn]!, url);
      if (round >= 0) times[turn]!.push(ms);
    }
  }
  stop();
  return median(times[1]) / median(times[0]);
}

async function timeOf(client: Client, url: string): Promise<number> {
  let left = JOBS;
  const start = performance.now();
  const work = async () => {
    while (left-- > 0) await client(url);
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return performance.now() - start;
}
