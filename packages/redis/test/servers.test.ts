import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rateLimit } from '@steadfetch/rate-limit';
import { type RedisClient, redisStore } from '@steadfetch/redis';
import { NOTHING, type Question, type Reply } from '@steadfetch/shared-limit';
import { Redis as Upstash } from '@upstash/redis';
import type { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeServers, type StoreServer } from './support/servers.ts';

const QUESTION = { ...NOTHING, want: 1 };

/** Each takes four seconds of real time, so only `check:limits` runs them. */
const BROKEN = [
  ['out of memory', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
  ['got a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
] as const;
const refusal = (closedUntil: number, wait: number) => ({
  want: 0,
  refusal: { at: 1e15, closedUntil, every: 0, wait, isDoubted: false },
});
const ask = (client: RedisClient, more: Partial<Question> = {}): Promise<Reply> =>
  Promise.resolve(redisStore(client).ask('k', { ...QUESTION, ...more }));

describeServers('a store in', (start) => {
  let server: StoreServer;
  let client: Redis;
  beforeAll(async () => {
    server = await start();
    client = server.connect();
  });
  afterAll(() => server.kill());
  beforeEach(async () => {
    await client.flushall();
  });

  it('gives two processes slots that follow each other', async () => {
    const [a, b] = [await ask(client), await ask(server.connect())];
    expect(b.first - a.first).toBeGreaterThan(0);
  });

  it('closes a limit for all at the refusal of one, and counts it once', async () => {
    const other = server.connect();
    const { now, closedUntil } = await ask(client);
    await ask(client, refusal(closedUntil, 30_000));
    await ask(other, refusal(closedUntil, 2_000));
    const next = await ask(other);
    expect(next.closedUntil).toBeGreaterThan(now + 25_000);
    expect(next.first).toBeGreaterThanOrEqual(next.closedUntil);
  });

  it('is reached by node-redis', async () => {
    const other = createClient({ url: `redis://127.0.0.1:${server.port}` });
    await other.connect();
    expect((await ask(other)).count).toBe(1);
    other.destroy();
  });

  it('is reached over HTTP by @upstash/redis, and by a function', async () => {
    const proxy = await startProxy(client);
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const upstash = new Upstash({ url, token: 'a', enableTelemetry: false });
    expect((await ask(upstash)).count).toBe(1);
    const send = async (command: readonly string[]) => {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(command) });
      const { result, error } = (await response.json()) as { result?: unknown; error?: string };
      if (error) throw new Error(error);
      return result;
    };
    expect((await ask(send)).count).toBe(1);
    proxy.close();
    proxy.closeAllConnections();
  });

  it('goes on after the cache of scripts was emptied', async () => {
    await ask(client);
    await client.script('FLUSH');
    expect((await ask(client)).count).toBe(1);
  });

  it('goes on with the last rate of a process after all was flushed', async () => {
    await ask(client);
    await client.flushall();
    expect((await ask(client, { lastRate: 0.01, lastBurst: 5 })).every).toBeCloseTo(100);
  });

  it.each(import.meta.env.MODE === 'limits' ? BROKEN : [])(
    'that is %s holds no call back, causes one event, and is used again when it is repaired',
    async (why, breaks, mends) => {
      const events: string[] = [];
      const hooks = {
        onDown: ({ error }: { error: unknown }) => events.push(String(error)),
        onUp: ({ key }: { key: string }) => events.push(key),
      };
      const store = redisStore(client, { hooks });
      const limited = rateLimit({ store, scope: 'origin' })(async () => new Response());
      const command = ([name, ...args]: readonly string[]) => client.call(name!, ...args);
      const URL = 'https://api.example.com/';
      await limited(URL);
      await command(breaks);
      await expect(store.check()).rejects.toThrow(why);
      const begun = performance.now();
      for (let n = 0; n < 3; n++) await limited(URL);
      expect(performance.now() - begun).toBeLessThan(1_000);
      await command(mends);
      while (events.length < 2) {
        await limited(URL);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(events).toEqual([expect.stringContaining(why), 'https://api.example.com']);
      await expect(store.check()).resolves.toBeUndefined();
    },
  );

  it('says which rights are missing', async () => {
    await client.call('ACL', 'SETUSER', 'reader', 'on', 'nopass', '~*', '+get', '+ping', '+info', '+hello');
    const reader = createClient({ url: `redis://reader:any@127.0.0.1:${server.port}` });
    await reader.connect();
    await expect(redisStore(reader).check()).rejects.toThrow('it needs the right to EVALSHA');
    reader.destroy();
  });

  it('is reached again after a restart, by the same client', async () => {
    const store = redisStore(client);
    await store.check();
    await server.restart();
    await store.check(); // waits in the client until it is connected
  });
});

/** Speaks the HTTP protocol of Upstash: one command or a list of them, each answer as `result`. */
async function startProxy(client: Redis): Promise<Server> {
  const run = ([command, ...args]: readonly string[]) =>
    client.call(command!, ...args).then(
      (result) => ({ result }),
      (error: Error) => ({ error: error.message }),
    );
  const proxy = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const asked = JSON.parse(body) as string[] | string[][];
    const isOne = typeof asked[0] === 'string';
    const answer = isOne ? await run(asked as string[]) : await Promise.all((asked as string[][]).map(run));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}
