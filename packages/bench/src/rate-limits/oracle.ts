import { setTimeout as sleep } from 'node:timers/promises';

/** What a process may send: requests per second, and at once. */
export interface Allowance {
  readonly rate: number;
  readonly burst: number;
}

/** A bucket has two unknowns: a client that does not know them is refused twice before both are known. */
const REFUSALS = 2;
/** How much of the rate and of the burst is left unused, since not every request takes equally long to arrive. */
const UNUSED = { rate: 0.002, burst: 0.25 };

/**
 * The most that a client can get that does not know the limit in advance: it is refused as often as it takes to learn the limit,
 * obeys each time, and then paces without fault. To do so it knows the limit.
 */
export function oracle({ rate, burst }: Allowance): (url: string) => Promise<Response> {
  const gap = 1_000 / rate / (1 - UNUSED.rate);
  const saved = (1 - UNUSED.burst) * burst * gap;
  let refusals = 0;
  let silentUntil = 0;
  /** When the bucket is full again. */
  let fullAt = 0;
  let line: Promise<unknown> = Promise.resolve();

  async function send(url: string): Promise<Response> {
    const response = await fetch(url);
    if (response.status !== 429) return response;
    refusals++;
    const now = performance.now();
    fullAt = now + burst * gap;
    silentUntil = now + 1_000 * Number(response.headers.get('retry-after'));
    return response;
  }

  /** Waits for leave to send. While the limit is not known it is used up, one request after the other. */
  async function next(url: string): Promise<Response | undefined> {
    await until(silentUntil);
    if (refusals < REFUSALS) return send(url);
    await until(fullAt - saved);
    fullAt = Math.max(fullAt, performance.now()) + gap;
    return undefined;
  }

  return async (url) => {
    for (;;) {
      const mine = line.then(() => next(url));
      line = mine;
      const response = (await mine) ?? (await send(url));
      if (response.status !== 429) return response;
    }
  };
}

async function until(time: number): Promise<void> {
  for (let now = performance.now(); now < time; now = performance.now()) await sleep(time - now);
}
