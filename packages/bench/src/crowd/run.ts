// How long many calls at one gate hold the event loop.
//
//   node packages/bench/src/crowd/run.ts

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Fetch, type RateLimitOptions, rateLimit } from 'steadfetch';
import { publish } from '../publish.ts';
import { longestHold, sleep, turn } from './longest-hold.ts';

const CALLS = 20_000;
const ROUNDS = 5;
const URL = 'https://api.example.com/users/1';
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** A server whose answers are given by hand. */
class Server {
  readonly #answers: ((response: Response) => void)[] = [];

  readonly fetch: Fetch = () => new Promise((resolve) => this.#answers.push(resolve));

  /**
   * Makes an answer for each request. Returns a function that gives all of them at once. The garbage collector has moved the
   * answers by then: otherwise it moves all of them when a client first makes an object of its own, and bare `fetch` makes none.
   */
  async prepare(make: () => Response): Promise<() => void> {
    const answers = this.#answers.splice(0);
    const responses: Response[] = [];
    await inSlices(answers.length, () => responses.push(make()));
    await collected();
    return () => answers.forEach((answer, n) => answer(responses[n]!));
  }
}

const refusal = () => new Response(null, { status: 429, headers: { 'retry-after': '60' } });
const limited = (fetch: Fetch, options?: RateLimitOptions) =>
  rateLimit({ maxQueue: CALLS, maxWait: 600_000, ...options })(fetch);
/** So high that all calls are on their way before the first one is answered. */
const HIGH: RateLimitOptions = { limit: { requests: CALLS, per: 1 } };

/** Does something so many times, a few per turn of the event loop, so that it holds nothing up itself. */
async function inSlices(count: number, task: () => unknown): Promise<void> {
  for (let n = 1; n <= count; n++) {
    task();
    if (n % 200 === 0) await turn();
  }
}

async function start(fetch: Fetch, init?: RequestInit): Promise<Promise<unknown>[]> {
  const calls: Promise<unknown>[] = [];
  await inSlices(CALLS, () => calls.push(fetch(URL, init).catch(() => {})));
  return calls;
}

async function answered(server: Server, fetch: Fetch): Promise<number> {
  const caller = new AbortController();
  const calls = await start(fetch, { signal: caller.signal });
  const answer = await server.prepare(refusal);
  const hold = await longestHold(async () => {
    answer();
    await sleep(2_000);
  });
  caller.abort();
  await Promise.all(calls);
  return hold;
}

async function collected(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await sleep(50);
    collect();
  }
}

/** Each returns the longest hold. */
const SCENES: readonly [name: string, scene: () => Promise<number>][] = [
  [
    'bare fetch: answered 429 at once',
    async () => {
      const server = new Server();
      return answered(server, server.fetch);
    },
  ],
  [
    'behind one async function: answered 429 at once',
    async () => {
      const server = new Server();
      return answered(server, async (input, init) => {
        const response = await server.fetch(input, init);
        return response;
      });
    },
  ],
  [
    'answered 429 at once, and wait for their time',
    async () => {
      const server = new Server();
      return answered(server, limited(server.fetch, HIGH));
    },
  ],
  [
    'wait at a closed gate',
    async () => {
      const fetch = limited(async () => refusal());
      const caller = new AbortController();
      let calls: Promise<unknown>[] = [];
      const hold = await longestHold(async () => {
        calls = await start(fetch, { signal: caller.signal });
      });
      caller.abort();
      await Promise.all(calls);
      return hold;
    },
  ],
  [
    'released at once, by a server that answers at once',
    async () => {
      let isBusy = true;
      const fetch = limited(async () => (isBusy ? new Response(null, { status: 429 }) : new Response()));
      const calls = await start(fetch);
      isBusy = false;
      return longestHold(() => Promise.all(calls));
    },
  ],
  [
    'refused here, called again at once, and refused again',
    async () => {
      const fetch = limited(async () => refusal(), { maxWait: 1_000 });
      await fetch(URL);
      const again = async () => {
        for (let n = 0; n < 10; n++) await fetch(URL).catch(() => {});
      };
      return longestHold(() => Promise.all(Array.from({ length: CALLS / 10 }, again)));
    },
  ],
  [
    'aborted at once by one signal',
    async () => {
      const fetch = limited(async () => refusal());
      const caller = new AbortController();
      const calls = await start(fetch, { signal: caller.signal });
      return longestHold(() => {
        caller.abort();
        return Promise.all(calls);
      });
    },
  ],
];

const rows: string[][] = [];
for (const [name, scene] of SCENES) {
  const holds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) holds.push(await scene());
  holds.sort((a, b) => a - b);
  rows.push([name, holds[Math.floor(ROUNDS / 2)]!.toFixed(0), holds.at(-1)!.toFixed(0)]);
}

publish({
  name: 'crowd',
  file: import.meta.filename,
  notes: [
    `${CALLS.toLocaleString('en')} calls at one gate. Hold: the longest time that the thread is busy between two turns of the`,
    `event loop, in milliseconds: the median and the worst of ${ROUNDS} rounds.`,
  ],
  head: ['calls that are', 'hold', 'worst hold'],
  rows,
});
process.exit();
