import { rateLimit } from '@steadfetch/rate-limit';
import { type RedisClient, redisStore } from '@steadfetch/redis';
import { NOTHING } from '@steadfetch/shared-limit';
import { manualClock } from '@steadfetch/testing';
import { Cluster, Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, FakeServer, failure, integer } from './support/fake-server.ts';

const QUESTION = { ...NOTHING, want: 1 };

const URL = 'https://api.example.com/';
/** A reply with a slot for now, and no pace. */
const SLOT = '0 0 0 1 0 250 0 1 0';
const isScript = ([name]: readonly string[]) => /^eval/i.test(name!);

let server: FakeServer;
const closings: (() => void)[] = [];
beforeEach(async () => {
  server = await FakeServer.start();
});
afterEach(() => {
  for (const close of closings.splice(0)) close();
  server.close();
});

function connect(port: number = server.port): Redis {
  const client = new Redis({ port, retryStrategy: () => 10, maxRetriesPerRequest: 0 });
  client.on('error', () => {}); // it is dropped on purpose
  closings.push(() => client.disconnect());
  return client;
}

describe('while a replica is promoted', () => {
  it.each([
    ['it is a replica still', failure("READONLY You can't write against a read only replica.")],
    ['it loads its data', failure('LOADING Redis is loading the dataset in memory')],
    ['it drops the connection', undefined],
  ])('calls go on where %s, and the store is used again afterwards', async (_, broken) => {
    const clock = manualClock();
    const events: string[] = [];
    const hooks = { onDown: () => events.push('down'), onUp: () => events.push('up') };
    const store = redisStore(connect(), { clock, hooks });
    const limited = rateLimit({ clock, store, scope: 'origin' })(async () => new Response());
    let answer: Answer = SLOT;
    server.answer = () => answer;
    /** Makes a call, and waits until its question has been answered. */
    const call = async () => {
      const { status } = await limited(URL);
      for (let n = 0; n < 20; n++) await new Promise((resolve) => setTimeout(resolve, 1));
      return status;
    };

    expect(await call()).toBe(200);
    answer = broken;
    await clock.advance(1_000);
    expect(await call()).toBe(200);
    expect(events).toEqual(['down']);

    answer = SLOT;
    for (let n = 0; n < 20 && events.length < 2; n++) {
      await clock.advance(500);
      expect(await call()).toBe(200);
    }
    expect(events).toEqual(['down', 'up']);
  });

  it('a question that the old server did not answer goes to the new one at the same address', async () => {
    const client = connect();
    const store = redisStore(client);
    server.answer = () => undefined;
    await expect(store.check()).rejects.toThrow('redisStore:');
    server.answer = () => SLOT;
    await expect(store.check()).resolves.toBeUndefined();
  });
});

describe('a server of a cluster', () => {
  it('tells a client for one server that it needs a client for clusters', async () => {
    server.answer = () => failure('MOVED 3999 127.0.0.1:6381');
    await expect(redisStore(connect()).check()).rejects.toThrow('it needs a cluster client');
  });

  it('redirects a client for clusters to the server that has the limit now', async () => {
    const promoted = await FakeServer.start();
    closings.push(() => promoted.close());
    const slots = (port: number): Answer => [[integer(0), integer(16_383), ['127.0.0.1', integer(port), 'a']]];
    let primary = server.port;
    const answer = (own: FakeServer) => (command: readonly string[]) => {
      if (!isScript(command)) return slots(primary);
      return own.port === primary ? SLOT : failure(`MOVED 3999 127.0.0.1:${primary}`);
    };
    server.answer = answer(server);
    promoted.answer = answer(promoted);
    const client = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    closings.push(() => client.disconnect());
    const store = redisStore(client);

    expect((await store.ask('k', QUESTION)).count).toBe(1);
    primary = promoted.port;
    expect((await store.ask('k', QUESTION)).count).toBe(1);
    expect(promoted.commands.filter((name) => name.startsWith('EVAL'))).toHaveLength(1);
  });
});

describe('an old server', () => {
  const clients: readonly [string, () => Promise<RedisClient>][] = [
    ['ioredis', async () => connect()],
    [
      'node-redis',
      async () => {
        const client = createClient({ url: `redis://127.0.0.1:${server.port}`, RESP: 2 });
        await client.connect();
        closings.push(() => client.destroy());
        return client as unknown as RedisClient;
      },
    ],
  ];
  it.each(clients)('without Lua is named as the fault, by %s', async (_, open) => {
    server.answer = ([name]) => failure(`ERR unknown command '${name}'`);
    await expect(redisStore(await open()).check()).rejects.toThrow('it needs Redis 5 or newer, or Valkey, with EVAL');
    expect(server.commands).toEqual(['EVALSHA']);
  });

  it('that lost the script receives it again', async () => {
    server.answer = ([name]) => (/^evalsha$/i.test(name!) ? failure('NOSCRIPT No matching script.') : SLOT);
    await expect(redisStore(connect()).check()).resolves.toBeUndefined();
    expect(server.commands).toEqual(['EVALSHA', 'EVAL']);
  });
});
