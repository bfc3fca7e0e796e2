import { bucket } from './limits.ts';
import { type Client, live } from './live.ts';
import type { Row } from './row.ts';

/** 800 calls fall due within 300 s at a server that accepts 100 at once and 80 a minute, and gives no hint. */
const CALLS = 800;
const LIMIT = bucket(80 / 60, 100);

/** The seconds that it takes at least. */
export const BOUND: number = (CALLS - LIMIT.burst) / LIMIT.rate;

/** The scenario of arXiv 2510.04516: clients that know nothing of each other, each with one request at a time. */
function published(clients: number): Row {
  return {
    name: `${clients} clients`,
    limit: LIMIT,
    hint: 'nothing',
    load: { calls: CALLS, within: 300_000 },
    processes: clients,
    latency: 20,
    lasts: 20_000_000,
  };
}

/** What the job took. */
export interface Effort {
  /** Refused requests per call. */
  readonly refused: number;
  readonly seconds: number;
}

/** The mean of several seeds. */
export async function effortOf(clients: number, client: Client, seeds: readonly number[]): Promise<Effort> {
  let refused = 0;
  let seconds = 0;
  for (const seed of seeds) {
    const history = await live(published(clients), client, seed);
    refused += history.refused.length / CALLS / seeds.length;
    seconds += history.accepted.at(-1)!.at / 1_000 / seeds.length;
  }
  return { refused, seconds };
}

/** A reference is better in one figure and not worse in the other. */
export function isDominated(ours: Effort, reference: Effort): boolean {
  return ours.refused > reference.refused && ours.seconds > reference.seconds;
}
