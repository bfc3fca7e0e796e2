import { type RedisClient, type RedisStoreOptions, redisStore } from '@steadfetch/redis';
import { NOTHING, type Question, type Reply } from '@steadfetch/shared-limit';
import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';

const QUESTION = { ...NOTHING, want: 1 };

const ANSWER = '1000 1000 10 2 0 250 0.1 20 0';
const KEY = 'steadfetch:9:{https://a.example}';
const ASKED: Question = { ...QUESTION, want: 2 };
const slotsOf = async (client: RedisClient, options: RedisStoreOptions = {}): Promise<Reply> =>
  redisStore(client, options).ask('https://a.example', ASKED);
const noScript = () => Promise.reject(new Error('NOSCRIPT No matching script. Please use EVAL.'));

describe('a client', () => {
  it('like ioredis is given keys and arguments one by one', async () => {
    const seen: unknown[][] = [];
    const evalsha = async (...args: unknown[]) => {
      seen.push(args);
      return ANSWER;
    };
    await slotsOf({ evalsha, eval: noScript, defineCommand: () => {} });
    expect(seen[0]!.slice(1)).toEqual([1, KEY, JSON.stringify(ASKED)]);
  });

  it('like a cluster of ioredis with automatic pipelines gets a pipeline for each question: those would mistake the hash for the key', async () => {
    const seen: string[][] = [];
    const exec = async () => [
      seen.length === 1 ? [new Error('NOSCRIPT No matching script.'), undefined] : [null, ANSWER],
    ];
    const wrong = () => Promise.reject(new Error('All keys in the pipeline should belong to the same slots'));
    const pipeline = (commands: string[][]) => {
      seen.push(...commands);
      return { exec };
    };
    const options = { enableAutoPipelining: true };
    const client = { evalsha: wrong, eval: wrong, defineCommand: () => {}, isCluster: true, options, pipeline };
    expect((await slotsOf(client)).count).toBe(2);
    const [byHash, whole] = seen as [string[], string[]];
    expect([byHash[0], ...byHash.slice(2, 4)]).toEqual(['evalsha', '1', KEY]);
    expect([whole[0], ...whole.slice(2, 4)]).toEqual(['eval', '1', KEY]);
  });

  it('like a cluster of node-redis is given the key: version 4 does not find it', async () => {
    const seen: unknown[][] = [];
    const sendCommand = async (...args: unknown[]) => {
      seen.push(args);
      return ANSWER;
    };
    const wrong = () => Promise.reject(new Error('MOVED 5968 127.0.0.1:7762'));
    const client = { evalSha: wrong, eval: wrong, getSlotMaster: () => {}, sendCommand };
    expect((await slotsOf(client)).count).toBe(2);
    const [key, isReadonly, command] = seen[0] as [string, boolean, string[]];
    expect([key, isReadonly, command[0], command[3]]).toEqual([KEY, false, 'EVALSHA', KEY]);
  });

  it("like that of Bun is sent commands, even if it has methods with the names of Upstash's", async () => {
    const seen: unknown[][] = [];
    const send = async (...args: unknown[]) => {
      seen.push(args);
      return ANSWER;
    };
    const wrong = () =>
      Promise.reject(new Error("Expected additional arguments to be a string or buffer for 'evalsha'."));
    const client = { send, get: async () => null, evalsha: wrong, eval: wrong };
    expect((await slotsOf(client)).count).toBe(2);
    const [name, args] = seen[0] as [string, string[]];
    expect([name, ...args.slice(1)]).toEqual(['EVALSHA', '1', KEY, JSON.stringify(ASKED)]);
  });

  it.each<[string, (whole: (...args: unknown[]) => Promise<unknown>) => RedisClient]>([
    [
      'that of Bun',
      (whole) => ({ send: (name, args) => (name === 'EVALSHA' ? noScript() : whole(args[0])), get: async () => null }),
    ],
    ['ioredis', (whole) => ({ evalsha: noScript, eval: whole, defineCommand: () => {} })],
    ['node-redis', (whole) => ({ evalSha: noScript, eval: whole })],
    ['@upstash/redis', (whole) => ({ evalsha: noScript, eval: whole })],
    ['a function', (whole) => (command) => (command[0] === 'EVALSHA' ? noScript() : whole(command[1]))],
  ])('like %s gets the whole script if the server does not have it', async (_, client) => {
    const seen: unknown[] = [];
    const whole = async (source: unknown) => {
      seen.push(source);
      return ANSWER;
    };
    expect((await slotsOf(client(whole))).count).toBe(2);
    expect(String(seen[0])).toContain("redis.call('TIME')");
  });

  it('that has its own error messages, as valkey-glide, gets the whole script too', async () => {
    const said = 'An error was signalled by the server: - NoScriptError: No matching script. Please use EVAL.';
    const reply = await slotsOf(async ([name]) => {
      if (name === 'EVALSHA') throw new Error(said);
      return ANSWER;
    });
    expect(reply.count).toBe(2);
  });

  it.each<[string, RedisClient]>([
    ['node-redis', { evalSha: async () => ANSWER, eval: noScript }],
    ['@upstash/redis', { evalsha: async () => ANSWER, eval: noScript }],
    ['a function', async () => ANSWER],
  ])('like %s is asked by the hash', async (_, client) => {
    expect((await slotsOf(client)).every).toBe(10);
  });

  it.each([undefined, null, {}, 'redis://localhost', { get: () => {} }])(
    'that can run no script is refused: %s',
    (bad) => {
      expect(() => redisStore(bad as never)).toThrow(/^redisStore: client: expected a client of ioredis, node-redis/);
    },
  );

  it('of node-redis 3, whose methods take callbacks, is refused', () => {
    const client = { evalsha() {}, eval() {}, get() {}, send_command() {} };
    expect(() => redisStore(client as never)).toThrow('node-redis 4 or newer');
  });
});

describe('an option', () => {
  const client: RedisClient = async () => ANSWER;

  it.each([
    [{ prefix: 7 }, 'redisStore: prefix: expected a string, got 7'],
    [{ prefx: 'a' }, 'prefx'],
    [{ limit: { requests: 0, per: 1 } }, 'redisStore: limit.requests'],
    [{ limit: { requests: 1, per: 0 } }, 'redisStore: limit.per'],
    [{ clock: {} }, 'redisStore: clock'],
    [{ hooks: { onDown: 7 } }, 'onDown'],
  ])('that is wrong is named: %j', (options, message) => {
    expect(() => redisStore(client, options as never)).toThrow(message);
  });

  it('gives the keys their prefix', async () => {
    const keys: unknown[] = [];
    await slotsOf(
      async (command) => {
        keys.push(command[3]);
        return ANSWER;
      },
      { prefix: 'shop' },
    );
    expect(keys).toEqual(['shop:9:{https://a.example}']);
  });
});

describe('check()', () => {
  it.each([
    ["ERR unknown command 'EVALSHA'", 'it needs Redis 5 or newer, or Valkey, with EVAL'],
    [
      'NOPERM this user has no permissions',
      'it needs the right to EVALSHA, EVAL, GET, SET and TIME, on keys that begin with its prefix',
    ],
    [
      "ERR ACL failure in script: User app has no permissions to run the 'time' command",
      'it needs the right to EVALSHA, EVAL, GET, SET and TIME, on keys that begin with its prefix',
    ],
    ["READONLY You can't write against a read only replica.", 'got a replica'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'out of memory'],
    ['connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'],
  ])('names what a server lacks that answers %s', async (message, expected) => {
    const store = redisStore(() => Promise.reject(new Error(message)));
    await expect(store.check()).rejects.toThrow(expected);
  });

  it('reports a rejection that is no error', async () => {
    await expect(redisStore(() => Promise.reject('closed')).check()).rejects.toThrow('redisStore: closed');
  });

  it('rejects an answer that is not from the script', async () => {
    await expect(redisStore(async () => 'OK').check()).rejects.toThrow('expected the answer of the script, got "OK"');
    await expect(redisStore(async () => undefined).check()).rejects.toThrow('got undefined');
  });

  it('does not wait forever for a server that does not answer, as a client would', async () => {
    const clock = manualClock();
    let end: (error: Error) => void = () => {};
    const store = redisStore(() => new Promise((_, reject) => (end = reject)), { clock });
    const checked = expect(store.check()).rejects.toThrow('redisStore: the server did not answer within 5000 ms');
    await clock.advance(5_000);
    await checked;
    end(new Error('closed later'));
  });

  it('leaves no timer behind', async () => {
    const clock = manualClock();
    await redisStore(async () => ANSWER, { clock }).check();
    await expect(redisStore(() => Promise.reject(new Error('no')), { clock }).check()).rejects.toThrow('no');
    expect(clock.pending).toBe(0);
  });

  it('resolves for a server that keeps limits', async () => {
    await expect(redisStore(async () => ANSWER).check()).resolves.toBeUndefined();
  });
});
