import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@steadfetch/core';
import type { LimitSlots } from '@steadfetch/rate-limit';
import { type RedisClient, type RedisStoreOptions, redisStore } from '@steadfetch/redis';
import { Redis as Upstash } from '@upstash/redis';
import type { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeServers, type StoreServer } from './support/servers.ts';

type Slots = Promise<LimitSlots>;

/** Waits for a busy machine: no test depends on how fast the server answers. */
const clock: Clock = { now: () => Date.now(), sleep: () => new Promise(() => {}) };
const storeIn = (client: RedisClient, options: RedisStoreOptions = {}) => redisStore(client, { clock, ...options });

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

  const reserve = (one: RedisClient, key = 'a') => storeIn(one).reserve(key, 1, 1) as Slots;

  it('gives two processes slots that follow each other', async () => {
    const [a, b] = [storeIn(client), storeIn(server.connect())];
    const slots = [await (a.reserve('k', 1, 1) as Slots), await (b.reserve('k', 1, 1) as Slots)];
    expect(slots[1]!.first - slots[0]!.first).toBeGreaterThan(0);
  });

  it('closes a limit for all at the refusal of one, and counts it once', async () => {
    const [a, b] = [storeIn(client), storeIn(server.connect())];
    const slots = await (a.reserve('k', 1, 1) as Slots);
    const others = await (b.reserve('k', 1, 1) as Slots);
    await a.refuse('k', { closedUntil: slots.closedUntil, wait: 30_000, slots, quotas: [] });
    await b.refuse('k', { closedUntil: others.closedUntil, wait: 2_000, slots: others, quotas: [] });
    const next = await (b.reserve('k', 1, 1) as Slots);
    expect(next.closedUntil).toBeGreaterThan(slots.first + 25_000);
    expect(next.first).toBeGreaterThanOrEqual(next.closedUntil);
  });

  it('is reached by node-redis', async () => {
    const other = createClient({ url: `redis://127.0.0.1:${server.port}` });
    await other.connect();
    expect((await reserve(other)).count).toBe(1);
    other.destroy();
  });

  it('is reached over HTTP by @upstash/redis, and by a function', async () => {
    const proxy = await startProxy(client);
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const upstash = new Upstash({ url, token: 'a', enableTelemetry: false });
    expect((await reserve(upstash)).count).toBe(1);
    const send = async (command: readonly string[]) => {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(command) });
      const { result, error } = (await response.json()) as { result?: unknown; error?: string };
      if (error) throw new Error(error);
      return result;
    };
    expect((await reserve(send)).count).toBe(1);
    proxy.close();
    proxy.closeAllConnections();
  });

  it('goes on where the cache of scripts was emptied', async () => {
    await reserve(client);
    await client.script('FLUSH');
    expect((await reserve(client)).count).toBe(1);
  });

  it('goes on from what a process knows where all was flushed', async () => {
    const store = storeIn(client, { limit: { requests: 10, per: 1_000 } });
    await store.reserve('k', 1, 1);
    await client.flushall();
    expect((await (store.reserve('k', 1, 1) as Slots)).every).toBeGreaterThanOrEqual(100);
  });

  it('says once that the server does not write, and once that it does again', async () => {
    const events: string[] = [];
    const hooks = {
      onDown: ({ error }: { error: unknown }) => events.push(String(error)),
      onUp: ({ key }: { key: string }) => events.push(key),
    };
    const store = storeIn(client, { hooks });
    await client.config('SET', 'maxmemory', '1');
    for (let n = 0; n < 2; n++) await expect(store.reserve('k', 1, 1)).rejects.toThrow('out of memory');
    await client.config('SET', 'maxmemory', '0');
    await store.reserve('k', 1, 1);
    expect(events).toEqual([expect.stringContaining('out of memory'), 'k']);
    await client.call('REPLICAOF', '127.0.0.1', '1');
    await expect(store.check()).rejects.toThrow('got a replica');
    await client.call('REPLICAOF', 'NO', 'ONE');
    await expect(store.check()).resolves.toBeUndefined();
  });

  it('says which rights are missing', async () => {
    await client.call('ACL', 'SETUSER', 'reader', 'on', 'nopass', '~*', '+get', '+ping', '+info', '+hello');
    const reader = createClient({ url: `redis://reader:any@127.0.0.1:${server.port}` });
    await reader.connect();
    await expect(storeIn(reader).check()).rejects.toThrow('it needs the right to EVALSHA');
    reader.destroy();
  });

  it('is reached again after a restart, by the same client', async () => {
    const store = storeIn(client);
    await store.check();
    await server.restart();
    await store.check(); // waits in the client until it is connected
  });
});

/** Speaks the HTTP of Upstash: a command in a list or several, its answer as `result`. */
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
