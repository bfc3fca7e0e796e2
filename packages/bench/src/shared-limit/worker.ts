// One of the processes of a shared limit, or several in one. Says when it is ready, begins at a line of input, and prints what
// became of its calls.
//
//   node worker.ts API STORE_PORT SECONDS MEMBERS WORKERS RATE      STORE_PORT 0: no store. RATE 0: as fast as it is let

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetch } from '@steadfetch/core';
import { rateLimit } from '@steadfetch/rate-limit';
import { redisStore } from '@steadfetch/redis';
import { Redis } from 'ioredis';

const [api = '', port = '0', ...numbers] = process.argv.slice(2);
const [seconds, members, workers, rate] = numbers.map(Number) as [number, number, number, number];
const events: string[] = [];
let questions = 0;

/** One client of the limit, with a connection of its own. */
class Member {
  readonly tenths: number[] = [];
  readonly times: number[] = [];
  readonly starts: number[] = [];
  lost = 0;
  readonly #redis: Redis | undefined;
  readonly #fetch: Fetch;
  #begun = 0;

  constructor() {
    this.#redis = port === '0' ? undefined : new Redis(Number(port), { retryStrategy: () => 200 });
    this.#redis?.on('error', () => {}); // the store is stopped on purpose
    const store = this.#redis && this.#counted(this.#redis);
    this.#fetch = rateLimit({ scope: 'origin', maxResends: 1_000, maxWait: 600_000, ...(store && { store }) })(fetch);
  }

  /** Loads what the first call would load. */
  async warmUp(): Promise<void> {
    await this.#redis?.ping();
    await (await fetch(`${api}/counts`)).arrayBuffer();
  }

  async run(): Promise<void> {
    this.#begun = performance.now();
    if (rate > 0) await this.#arrive(this.#begun + seconds * 1_000);
    else {
      for (let n = 0; n < workers; n++) void this.#work();
      await sleep(seconds * 1_000);
    }
  }

  async #work(): Promise<void> {
    for (;;) await this.#call();
  }

  /** Calls that come whether or not the ones before have been answered, at random times. */
  async #arrive(end: number): Promise<void> {
    const pending: Promise<void>[] = [];
    let next = performance.now();
    while (next < end) {
      next += (-Math.log(1 - Math.random()) * 1_000) / rate;
      const wait = next - performance.now();
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
      pending.push(this.#call());
    }
    await Promise.all(pending);
  }

  async #call(): Promise<void> {
    const at = performance.now();
    try {
      const response = await this.#fetch(api);
      await response.arrayBuffer();
      if (response.status !== 200) this.lost++;
    } catch {
      this.lost++;
      return;
    }
    const now = performance.now();
    this.times.push(now - at);
    this.starts.push(at - this.#begun);
    const tenth = Math.floor((now - this.#begun) / 100);
    this.tenths[tenth] = (this.tenths[tenth] ?? 0) + 1;
  }

  #counted(redis: Redis): ReturnType<typeof redisStore> {
    const send = ([name, ...args]: readonly string[]) => {
      questions++;
      return redis.call(name!, ...args);
    };
    const note = (event: string) => events.push(`${((performance.now() - this.#begun) / 1_000).toFixed(1)} s ${event}`);
    const onDown = ({ error }: { error: unknown }) => note(`down: ${error instanceof Error ? error.message : error}`);
    return redisStore(send, { hooks: { onDown, onUp: () => note('up') } });
  }
}

const all = Array.from({ length: members }, () => new Member());
await Promise.all(all.map((member) => member.warmUp()));
console.log('ready');
await once(process.stdin, 'data');
await Promise.all(all.map((member) => member.run()));
const results = all.map(({ tenths, times, starts, lost }) => ({ tenths, times, starts, lost }));
process.stdout.write(JSON.stringify({ members: results, questions, events }), () => process.exit(0));
